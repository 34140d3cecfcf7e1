"""The route that forgets a subscriber, for staff."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Self

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from notifier.channels.email.mailbox import mailbox
from notifier.context import NOTIFIER
from notifier.http.problems import INVALID_FORGETTING
from notifier.subscriptions.mailboxes import Subscriber
from shared.clock import utc_now
from shared.domain.change import Changed
from shared.domain.errors import FieldError
from shared.domain.mail_address import InvalidAddressError
from shared.web.body import json_response, read_body
from shared.web.caller import change_by
from shared.web.fields import Body, PrintableText
from shared.web.operation import Response, operation
from shared.web.problem import UNAVAILABLE, Problem

_Id = Annotated[str, Field(min_length=1, max_length=100)]
_Ids = Annotated[list[_Id], Field(max_length=100)]


class ForgetSubscriber(Body):
    """Whom to forget: a mailbox, in any spelling, or who subscribed to some orders.

    `subscription_ids` finds ended subscriptions too. A dry run changes nothing.
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["address"]}, {"required": ["order_ids"]}]}
    )

    address: Annotated[PrintableText, Field(min_length=1, max_length=254)] = Field(
        default_factory=str
    )
    order_ids: _Ids = Field(default_factory=list)
    subscription_ids: _Ids = Field(default_factory=list)
    dry_run: bool = False

    @model_validator(mode="after")
    def _whom(self) -> Self:
        if len(self.model_fields_set & {"address", "order_ids"}) != 1:
            raise PydanticCustomError("whom", "Either an address or order_ids should be given")
        return self


class ForgottenSubscriberModel(BaseModel):
    """How much there was; `order_ids` are of the single orders that were subscribed to."""

    subscriptions: int
    deliveries: int
    dead_letters: int
    mails: int
    order_ids: list[str]


@operation(
    "POST",
    "/subscriptions/forget",
    "End a customer's subscriptions, and erase address, deliveries and mail",
    body=ForgetSubscriber,
    responses={HTTPStatus.OK: Response("What there was", ForgottenSubscriberModel)},
    errors=(INVALID_FORGETTING, UNAVAILABLE),
    tag="customers",
)
async def forget_subscriber(request: web.Request) -> web.Response:
    """Forget a subscriber."""
    body = await read_body(request, ForgetSubscriber, INVALID_FORGETTING)
    whom, notifier = _whom(body), request.app[NOTIFIER]
    forgetter = notifier.deliveries.service.forgetter
    if not body.dry_run:  # recorded first: it cannot be undone
        detail = "a customer's subscriptions, deliveries and mail are erased"
        change = change_by(request, utc_now(), Changed.CUSTOMERS, detail)
        await notifier.changes.record_change(change)
    erased = await forgetter.forget(whom, dry_run=body.dry_run)
    return json_response(
        ForgottenSubscriberModel(
            subscriptions=erased.subscriptions,
            deliveries=erased.deliveries,
            dead_letters=erased.dead_letters,
            mails=erased.mails,
            order_ids=list(erased.order_ids),
        )
    )


def _whom(body: ForgetSubscriber) -> Subscriber:
    """Read whom the body means; raises a Problem of kind INVALID_FORGETTING."""
    try:
        box = mailbox(body.address) if body.address else None
    except InvalidAddressError as error:
        field_errors = [FieldError(("address",), str(error))]
        detail = "the body has 1 error(s)"
        raise Problem(INVALID_FORGETTING, detail, field_errors=field_errors) from None
    return Subscriber(
        box=box,
        order_ids=frozenset(body.order_ids),
        subscription_ids=frozenset(body.subscription_ids),
    )
