"""The pages that links in mail lead to: each asks first, since scanners of mail follow links.

What cannot be done is a page to whoever accepts one, and a problem to programs, such as those that
unsubscribe by one click.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType

from aiohttp import hdrs, web

from notifier.build import NOTIFIER
from notifier.channels.email.composing import about
from notifier.subscriptions import routes
from notifier.subscriptions.access import desk
from notifier.subscriptions.service import NotFoundError
from shared.aws.errors import AwsUnavailableError
from shared.domain.subscription import (
    Subscription,
    SubscriptionRefusedError,
    SubscriptionState,
)
from shared.store.contract import StoreUnavailableError
from shared.store.subscription_contract import SubscriptionChangedError
from shared.web.body import is_form
from shared.web.caller import CHALLENGE
from shared.web.problem import UNAUTHORIZED, Problem


class _BadLinkError(Problem):
    """The token in the link is not one of ours."""

    def __init__(self) -> None:
        super().__init__(UNAUTHORIZED, "the token in the link is not ours", headers=CHALLENGE)


@dataclass(frozen=True, slots=True)
class _Page:
    """A page: what it says, and what its button does, which posts to the page's own URL."""

    title: str
    said: str
    button: str | None = None
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)


_OVER = _Page(
    "You are unsubscribed", "Nothing more is sent to you. We hope to see you in the shop!"
)
_NO_LONGER = _Page(
    "This subscription is over",
    "It has ended, or was never confirmed in time. You are welcome to subscribe again.",
    status=HTTPStatus.GONE,
)
_BAD_LINK = _Page(
    "This link does not work",
    "A part of it may be missing. Please open it from the mail once more.",
    status=HTTPStatus.UNAUTHORIZED,
    headers=CHALLENGE,
)
_NOT_NOW = _Page(
    "We cannot do that right now",
    "Please try again in a minute.",
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    headers=MappingProxyType({hdrs.RETRY_AFTER: "5"}),
)
_PAGES_OF_ERRORS: Mapping[type[Exception], _Page] = MappingProxyType(
    {
        _BadLinkError: _BAD_LINK,
        NotFoundError: _NO_LONGER,
        SubscriptionRefusedError: _NO_LONGER,
        SubscriptionChangedError: _NOT_NOW,
        AwsUnavailableError: _NOT_NOW,
        StoreUnavailableError: _NOT_NOW,
    }
)

_Paging = Callable[[web.Request], Awaitable[_Page]]
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _answered_with_a_page(paging: _Paging) -> _Handler:
    @functools.wraps(paging)
    async def answering(request: web.Request) -> web.StreamResponse:
        try:
            page = await paging(request)
        except tuple(_PAGES_OF_ERRORS) as error:
            if "text/html" not in request.headers.get(hdrs.ACCEPT, ""):
                raise
            page = next(page for kind, page in _PAGES_OF_ERRORS.items() if isinstance(error, kind))
        return _rendered(request, page)

    return answering


@_answered_with_a_page
async def ask_to_unsubscribe(request: web.Request) -> _Page:
    """Ask whether the subscription shall end."""
    subscription = await _unsubscribing(request)
    if subscription is None or subscription.state is SubscriptionState.ENDED:
        return _OVER
    said = f"After that, {about(subscription.topic)} no longer comes to your address."
    return _Page("Do you want to unsubscribe?", said, "Unsubscribe")


@_answered_with_a_page
async def unsubscribe(request: web.Request) -> _Page:
    """End the subscription, be it by the page's button or a mail program's (RFC 8058)."""
    subscription = await _unsubscribing(request)
    if subscription is not None:
        await desk(request).end(subscription)
    return _OVER


@_answered_with_a_page
async def ask_to_confirm(request: web.Request) -> _Page:
    """Ask whether the subscription is wanted."""
    subscription = await _confirming(request)
    match subscription.state:
        case SubscriptionState.PENDING:
            said = f"From then on, {about(subscription.topic)} comes to your address."
            return _Page("Do you want to subscribe?", said, "Subscribe")
        case SubscriptionState.ENDED:
            return _NO_LONGER
        case _:
            return _confirmed(subscription)


@_answered_with_a_page
async def _confirm_by_form(request: web.Request) -> _Page:
    return _confirmed(await desk(request).confirm(await _confirming(request)))


async def confirm(request: web.Request) -> web.StreamResponse:
    """Confirm a subscription, by the form of its page or in JSON."""
    return await (_confirm_by_form(request) if is_form(request) else routes.confirm(request))


async def _unsubscribing(request: web.Request) -> Subscription | None:
    """Find the subscription of the token in the link, unless it was over long ago."""
    token = request.query.get("token", "")
    subscription_id = request.app[NOTIFIER].links.unsubscribes(token)
    if subscription_id is None:
        raise _BadLinkError
    try:
        return await desk(request).find(subscription_id)
    except NotFoundError:
        return None


async def _confirming(request: web.Request) -> Subscription:
    """Find the subscription in the path; raises _BadLinkError, NotFoundError."""
    token, subscription_id = request.query.get("token", ""), request.match_info["id"]
    if not request.app[NOTIFIER].links.confirms(token, subscription_id):
        raise _BadLinkError
    return await desk(request).find(subscription_id)


def _confirmed(subscription: Subscription) -> _Page:
    said = (
        f"From now on, {about(subscription.topic)} comes to your address. "
        "Each mail has a link to unsubscribe."
    )
    return _Page("You are subscribed", said)


def _rendered(request: web.Request, page: _Page) -> web.Response:
    template = request.app[NOTIFIER].templates.get_template("page.html")
    return web.Response(
        status=page.status,
        text=template.render(title=page.title, said=page.said, button=page.button),
        content_type="text/html",
        headers={**page.headers, hdrs.CACHE_CONTROL: "no-store"},
    )
