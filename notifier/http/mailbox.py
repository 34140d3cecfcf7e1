"""The routes of a mailbox: which newsletters come to it, for whoever has the link of its mail."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field

from notifier.channels.email.mailbox import mailbox
from notifier.context import NOTIFIER
from notifier.http.manage_token import subscriptions
from notifier.http.problems import INVALID_SUBSCRIPTION
from notifier.http.topics import require_topic
from notifier.subscriptions.mailboxes import Subscriber
from notifier.subscriptions.service import NotFoundError
from notifier.topics.catalog import MOST_TOPICS
from shared.domain.subscription import Subscription, SubscriptionState
from shared.messages.announcement import ORDER_EVENTS
from shared.web.body import json_response, read_body
from shared.web.caller import unauthorized
from shared.web.fields import Body
from shared.web.operation import Parameter, Response, Role, operation
from shared.web.problem import NOT_FOUND, TOO_MANY_REQUESTS, UNAUTHORIZED, UNAVAILABLE

_TOKEN = Parameter("token", "query", "The token in the link of a mail", required=True)


class MailboxModel(BaseModel):
    """The newsletters that come to a mailbox, and its address as the mail of the link has it."""

    address: str
    topics: list[str]


class ChooseNewsletters(Body):
    """The newsletters that are wanted; one `occasion`, sent twice, subscribes once."""

    topics: Annotated[list[Annotated[str, Field(max_length=63)]], Field(max_length=MOST_TOPICS)]
    occasion: Annotated[str, Field(min_length=16, max_length=64)]


_ERRORS = (UNAUTHORIZED, NOT_FOUND, TOO_MANY_REQUESTS, UNAVAILABLE)


@operation(
    "GET",
    "/newsletters/mailbox",
    "Show which newsletters come to a mailbox",
    responses={HTTPStatus.OK: Response("The mailbox", MailboxModel)},
    role=Role.HOLDER,
    parameters=(_TOKEN,),
    errors=_ERRORS,
    tag="links in mail",
)
async def get_mailbox(request: web.Request) -> web.Response:
    """Show the newsletters; nothing once the subscription of the link has ended."""
    one = await _subscription(request)
    topics = await request.app[NOTIFIER].deliveries.service.mailboxes.topics(one)
    return json_response(MailboxModel(address=one.target, topics=sorted(topics)))


@operation(
    "PUT",
    "/newsletters/mailbox",
    "Choose which newsletters come to a mailbox",
    body=ChooseNewsletters,
    responses={HTTPStatus.NO_CONTENT: Response("They, and no others, come from now on")},
    role=Role.HOLDER,
    parameters=(_TOKEN,),
    errors=(INVALID_SUBSCRIPTION, *_ERRORS),
    tag="links in mail",
)
async def choose_newsletters(request: web.Request) -> web.Response:
    """Subscribe to what is new, and unsubscribe from what is left out."""
    one = await _subscription(request)
    body = await read_body(request, ChooseNewsletters, INVALID_SUBSCRIPTION)
    wanted = {*body.topics} - {ORDER_EVENTS}
    for topic in wanted:
        await require_topic(request, topic)
    mailboxes = request.app[NOTIFIER].deliveries.service.mailboxes
    await mailboxes.choose(one, wanted, body.occasion)
    return web.Response(status=HTTPStatus.NO_CONTENT)


@operation(
    "DELETE",
    "/newsletters/mailbox",
    "Unsubscribe from everything, and erase what is recorded of a mailbox",
    responses={HTTPStatus.NO_CONTENT: Response("Nothing comes, and nothing is recorded")},
    role=Role.HOLDER,
    parameters=(_TOKEN,),
    errors=_ERRORS,
    tag="links in mail",
)
async def forget_mailbox(request: web.Request) -> web.Response:
    """Forget a mailbox; by the link of what has ended, finish it: an answer may have been lost."""
    one = await _linked(request)
    whom = Subscriber(
        box=mailbox(one.target) if one.target else None, subscription_ids=frozenset({one.id})
    )
    forgetter = request.app[NOTIFIER].deliveries.service.forgetter
    await forgetter.forget(whom, dry_run=False, last=one.id)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def _subscription(request: web.Request) -> Subscription:
    """Find the subscription of the link; raises Problems, and NotFoundError when it has ended."""
    found = await _linked(request)
    if found.state is SubscriptionState.ENDED:
        raise NotFoundError
    return found


async def _linked(request: web.Request) -> Subscription:
    """Find the subscription of the link, whatever its state; raises Problems, NotFoundError."""
    notifier = request.app[NOTIFIER]
    notifier.rate_limit.admit(request)
    subscription_id = notifier.links.manages(request.query.get("token", ""))
    if subscription_id is None:
        raise unauthorized("the token in the link is not ours")
    return await subscriptions(request).find(subscription_id)


MAILBOX_OPERATIONS = (get_mailbox, choose_newsletters, forget_mailbox)
