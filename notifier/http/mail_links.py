"""The pages that links in mail lead to: each asks first, since mail scanners follow links.

An error is a page to a caller that accepts HTML, and a problem to a program, such as one that
unsubscribes by one click.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType

from aiohttp import hdrs, web

from notifier.context import NOTIFIER
from notifier.http.manage_token import subscriptions
from notifier.http.pages.newsletters_page import topic_title
from notifier.http.pages.shell import SHELL
from notifier.http.problems import INVALID_CONFIRMATION, NOT_IN_THAT_STATE
from notifier.http.subscription_models import ConfirmSubscription, SubscriptionModel
from notifier.http.subscriptions import MANAGED, SUBSCRIPTION, subscription_answer
from notifier.subscriptions.service import NotFoundError
from shared.domain.errors import UnavailableError
from shared.domain.subscription import (
    Subscription,
    SubscriptionRefusedError,
    SubscriptionState,
)
from shared.messages.announcement import ORDER_EVENTS
from shared.store.subscription_contract import SubscriptionChangedError
from shared.web.body import is_form, read_body
from shared.web.caller import CHALLENGE, unauthorized
from shared.web.operation import OperationOptions, Parameter, Response, Role, operation
from shared.web.pages.languages import page_language
from shared.web.pages.shell import Page
from shared.web.pages.texts import LANGUAGES
from shared.web.problem import UNAUTHORIZED, Problem


class _BadLinkError(Problem):
    """The token in the link is not one of ours."""

    def __init__(self) -> None:
        super().__init__(UNAUTHORIZED, "the token in the link is not ours", headers=CHALLENGE)


@dataclass(frozen=True, slots=True)
class _Page:
    """A page: the keys of its texts; its button posts to the page's own URL.

    The text says what the mail of `topics` is `about`.
    """

    title: str
    text: str
    button: str | None = None
    topics: Sequence[str] = ()
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)


_UNSUBSCRIBED = _Page("mail_link.unsubscribed", "mail_link.unsubscribed_text")
_ENDED = _Page("mail_link.ended", "mail_link.ended_text", status=HTTPStatus.GONE)
_BAD_LINK = _Page(
    "mail_link.bad",
    "mail_link.bad_text",
    status=HTTPStatus.UNAUTHORIZED,
    headers=CHALLENGE,
)
_NOT_NOW = _Page(
    "mail_link.not_now",
    "mail_link.not_now_text",
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    headers=MappingProxyType({hdrs.RETRY_AFTER: "5"}),
)
_ERROR_PAGES: Mapping[type[Exception], _Page] = MappingProxyType(
    {
        _BadLinkError: _BAD_LINK,
        NotFoundError: _ENDED,
        SubscriptionRefusedError: _ENDED,
        SubscriptionChangedError: _NOT_NOW,
        UnavailableError: _NOT_NOW,
    }
)

_TOKEN = Parameter("token", "query", "The token in the link", required=True)


_PAGE: OperationOptions = {
    "responses": {HTTPStatus.OK: Response("The page", media_type="text/html")},
    "errors": (NOT_IN_THAT_STATE, *MANAGED),
    "role": Role.HOLDER,
    "parameters": (_TOKEN,),
    "tag": "links in mail",
}


@operation("GET", "/unsubscribe", "Ask whether to unsubscribe", **_PAGE)
async def ask_to_unsubscribe(request: web.Request) -> web.StreamResponse:
    """Ask whether the subscription shall end."""
    return await _rendered(request, _ask_to_unsubscribe(request))


@operation("POST", "/unsubscribe", "Unsubscribe", **_PAGE)
async def unsubscribe(request: web.Request) -> web.StreamResponse:
    """End the subscription, by the page's button or by a mail program's (RFC 8058)."""
    return await _rendered(request, _unsubscribe(request))


@operation(
    "GET",
    "/subscriptions/{id}/confirm",
    "Ask whether to confirm",
    **(_PAGE | {"parameters": (SUBSCRIPTION, _TOKEN)}),
)
async def ask_to_confirm(request: web.Request) -> web.StreamResponse:
    """Ask whether the subscription is wanted."""
    return await _rendered(request, _ask_to_confirm(request))


async def _rendered(request: web.Request, answer: Awaitable[_Page]) -> web.StreamResponse:
    """Render the answer; an error is a page too, for callers that accept HTML."""
    try:
        page = await answer
    except tuple(_ERROR_PAGES) as error:
        if "text/html" not in request.headers.get(hdrs.ACCEPT, ""):
            raise
        page = next(page for kind, page in _ERROR_PAGES.items() if isinstance(error, kind))
    response = await SHELL.response(
        request,
        Page(path=request.path, template="mail_link.html", title=page.title),
        status=page.status,
        said=page.text,
        button=page.button,
        values=_about(request, page.topics),
    )
    response.headers.update({**page.headers, hdrs.CACHE_CONTROL: "no-store"})
    return response


def _about(request: web.Request, topics: Sequence[str]) -> Mapping[str, str]:
    """Say what the mail of topics is about, in the reader's language."""
    if not topics:
        return {}
    language = page_language(request, LANGUAGES)
    key = "mail_link.newsletter" if len(topics) == 1 else "mail_link.newsletters"
    if ORDER_EVENTS in topics:
        key = "mail_link.order"
    names = [topic_title(name, language) for name in topics]
    return {"about": SHELL.catalogues.text(language, key, topic=", ".join(names))}


async def _ask_to_unsubscribe(request: web.Request) -> _Page:
    subscription = await _to_unsubscribe(request)
    if subscription is None or subscription.state is SubscriptionState.ENDED:
        return _UNSUBSCRIBED
    return _Page(
        "mail_link.unsubscribe",
        "mail_link.unsubscribe_text",
        "mail_link.unsubscribe_go",
        [subscription.topic],
    )


async def _unsubscribe(request: web.Request) -> _Page:
    subscription = await _to_unsubscribe(request)
    if subscription is not None:
        await subscriptions(request).end(subscription)
    return _UNSUBSCRIBED


async def _ask_to_confirm(request: web.Request) -> _Page:
    subscription = await _to_confirm(request)
    match subscription.state:
        case SubscriptionState.PENDING:
            return _Page(
                "mail_link.subscribe",
                "mail_link.subscribe_text",
                "mail_link.subscribe_go",
                [subscription.topic, *subscription.also],
            )
        case SubscriptionState.ENDED:
            return _ENDED
        case _:
            return _subscribed(subscription)


@operation(
    "POST",
    "/subscriptions/{id}/confirm",
    "Confirm a subscription by the token that its subscriber was sent",
    role=Role.HOLDER,
    body=ConfirmSubscription,
    body_bytes=1024,
    takes_form=True,
    parameters=(SUBSCRIPTION,),
    responses={HTTPStatus.OK: Response("The subscription is active", SubscriptionModel)},
    errors=(INVALID_CONFIRMATION, NOT_IN_THAT_STATE, *MANAGED),
    tag="subscriptions",
)
async def confirm(request: web.Request) -> web.StreamResponse:
    """Confirm a subscription, by the form of its page or in JSON."""
    if is_form(request):
        return await _rendered(request, _confirm_by_form(request))
    body = await read_body(request, ConfirmSubscription, INVALID_CONFIRMATION)
    subscription = await subscriptions(request).find(request.match_info["id"])
    if not request.app[NOTIFIER].links.confirms(body.token, subscription.id):
        raise unauthorized("this is not the token of the subscription")
    return await subscription_answer(request, await subscriptions(request).confirm(subscription))


async def _confirm_by_form(request: web.Request) -> _Page:
    return _subscribed(await subscriptions(request).confirm(await _to_confirm(request)))


async def _to_unsubscribe(request: web.Request) -> Subscription | None:
    """Find the subscription of the token in the link; None when it was deleted after its end."""
    subscription_id = request.app[NOTIFIER].links.unsubscribes(request.query.get("token", ""))
    if subscription_id is None:
        raise _BadLinkError
    try:
        return await subscriptions(request).find(subscription_id)
    except NotFoundError:
        return None


async def _to_confirm(request: web.Request) -> Subscription:
    """Find the subscription in the path; raises _BadLinkError, NotFoundError."""
    token, subscription_id = request.query.get("token", ""), request.match_info["id"]
    if not request.app[NOTIFIER].links.confirms(token, subscription_id):
        raise _BadLinkError
    return await subscriptions(request).find(subscription_id)


def _subscribed(subscription: Subscription) -> _Page:
    topics = [subscription.topic, *subscription.also]
    return _Page("mail_link.subscribed", "mail_link.subscribed_text", topics=topics)


MAIL_LINK_OPERATIONS = (confirm, ask_to_unsubscribe, unsubscribe, ask_to_confirm)
