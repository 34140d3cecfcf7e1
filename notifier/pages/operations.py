"""The pages in the table of operations, and what their form and programs do alike."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from notifier.channels.email.rendering import ASSETS
from notifier.pages import routes
from notifier.problems import INVALID_CONFIRMATION, NOT_IN_THAT_STATE
from notifier.subscriptions.models import ConfirmSubscription, SubscriptionModel
from notifier.subscriptions.operations import HELD, SUBSCRIPTION
from shared.web.operation import Handler, Operation, Parameter, Response, Role
from shared.web.pages import asset_operations

_TOKEN = Parameter("token", "query", "The token in the link", required=True)


def _page(method: str, path: str, summary: str, handler: Handler, *in_path: Parameter) -> Operation:
    return Operation(
        method,
        path,
        summary,
        handler,
        parameters=(*in_path, _TOKEN),
        responses={HTTPStatus.OK: Response("The page", media_type="text/html")},
        errors=(NOT_IN_THAT_STATE, *HELD),
        role=Role.HOLDER,
        tag="links in mail",
    )


PAGE_OPERATIONS: Sequence[Operation] = (
    Operation(
        "POST",
        "/subscriptions/{id}/confirm",
        "Confirm a subscription by the token that its subscriber was sent",
        routes.confirm,
        role=Role.HOLDER,
        body=ConfirmSubscription,
        takes_form=True,
        parameters=(SUBSCRIPTION,),
        responses={HTTPStatus.OK: Response("The subscription is active", SubscriptionModel)},
        errors=(INVALID_CONFIRMATION, NOT_IN_THAT_STATE, *HELD),
        tag="subscriptions",
    ),
    _page("GET", "/unsubscribe", "Ask whether to unsubscribe", routes.ask_to_unsubscribe),
    _page("POST", "/unsubscribe", "Unsubscribe", routes.unsubscribe),
    _page(
        "GET",
        "/subscriptions/{id}/confirm",
        "Ask whether to confirm",
        routes.ask_to_confirm,
        SUBSCRIPTION,
    ),
    *asset_operations(
        {
            "/newsletters/pages.css": ASSETS / "pages.css",
            "/newsletters/cup.svg": ASSETS / "cup.svg",
        }
    ),
)
