"""The routes of subscriptions: subscribe, show, resume, rotate the secret, redeliver, end."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from notifier.context import NOTIFIER
from notifier.http.manage_token import managed, subscriptions
from notifier.http.problems import INVALID_SUBSCRIPTION, NOT_IN_THAT_STATE
from notifier.http.subscription_models import (
    ByChannel,
    GrantedModel,
    ResumedModel,
    SecretModel,
    Subscribe,
    SubscribeEmail,
    SubscribeQueue,
    SubscribeWebhook,
    SubscriptionModel,
)
from notifier.http.topics import TOPIC, require_topic
from shared.domain.errors import FieldError
from shared.domain.mail_address import InvalidAddressError, check_address
from shared.domain.staff import StaffRole
from shared.domain.subscription import Channel, Filter, Subscription
from shared.domain.subscription_request import SubscriptionRequest
from shared.domain.webhook_url import ForbiddenUrlError
from shared.messages.announcement import ORDER_EVENTS
from shared.web.body import json_response, read_body
from shared.web.caller import (
    is_staff,
    limited_client,
    require_staff,
    unauthorized,
)
from shared.web.operation import Parameter, Response, Role, operation
from shared.web.problem import (
    FORBIDDEN,
    NOT_FOUND,
    TOO_BUSY,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
    UNAVAILABLE,
    Problem,
)

SUBSCRIPTION = Parameter("id", "path", "The subscription's id", required=True)

MANAGED = (UNAUTHORIZED, NOT_FOUND, UNAVAILABLE)
"""The errors of every route that needs a subscription and a key to it."""


@operation(
    "POST",
    "/topics/{name}/subscriptions",
    "Subscribe to a topic",
    role=Role.ANYONE,
    body=Subscribe,
    parameters=(TOPIC,),
    responses={
        HTTPStatus.CREATED: Response(
            "The subscription; its keys are shown this once",
            GrantedModel,
            headers={"Location": "Where the subscription is"},
        )
    },
    errors=(
        INVALID_SUBSCRIPTION,
        UNAUTHORIZED,
        FORBIDDEN,
        NOT_FOUND,
        TOO_BUSY,
        TOO_MANY_REQUESTS,
        UNAVAILABLE,
    ),
    tag="subscriptions",
)
async def subscribe(request: web.Request) -> web.Response:
    """Make a subscription; it is pending until its subscriber has confirmed it."""
    topic = request.match_info["name"]
    request.app[NOTIFIER].rate_limit.admit(request)
    body = (await read_body(request, Subscribe, INVALID_SUBSCRIPTION)).root
    wanted = _request_of(request, body)
    for name in (topic, *wanted.also):
        await require_topic(request, name)
    of_all_orders = topic == ORDER_EVENTS and not wanted.filter.order_ids
    if of_all_orders and not is_staff(request):
        raise unauthorized("name the orders in the filter, or send a manager's staff key")
    if of_all_orders or wanted.channel is Channel.SQS:
        require_staff(request, StaffRole.MANAGER)
    model = GrantedModel.of(await subscriptions(request).subscribe(wanted))
    return json_response(model, HTTPStatus.CREATED, {"Location": f"/subscriptions/{model.id}"})


@operation(
    "GET",
    "/subscriptions/{id}",
    "Look a subscription up, with its last deliveries",
    role=Role.SUBSCRIBER,
    parameters=(SUBSCRIPTION,),
    responses={HTTPStatus.OK: Response("The subscription as it is now", SubscriptionModel)},
    errors=MANAGED,
    tag="subscriptions",
)
async def get_subscription(request: web.Request) -> web.Response:
    """Show a subscription to its manager."""
    return await subscription_answer(request, await managed(request))


@operation(
    "DELETE",
    "/subscriptions/{id}",
    "End a subscription: nothing more is delivered",
    role=Role.SUBSCRIBER,
    parameters=(SUBSCRIPTION,),
    responses={HTTPStatus.NO_CONTENT: Response("The subscription has ended")},
    errors=MANAGED,
    tag="subscriptions",
)
async def end_subscription(request: web.Request) -> web.Response:
    """End a subscription."""
    await subscriptions(request).end(await managed(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


@operation(
    "POST",
    "/subscriptions/{id}/resume",
    "Resume a paused subscription, and make again the deliveries that failed",
    role=Role.SUBSCRIBER,
    parameters=(SUBSCRIPTION,),
    responses={HTTPStatus.OK: Response("The subscription is active", ResumedModel)},
    errors=(NOT_IN_THAT_STATE, TOO_MANY_REQUESTS, *MANAGED),
    tag="subscriptions",
)
async def resume_subscription(request: web.Request) -> web.Response:
    """Resume a paused subscription."""
    subscription = await managed(request)
    request.app[NOTIFIER].rate_limit.admit(request)
    redriven = await subscriptions(request).redriver.redrive(subscription)
    return json_response(ResumedModel(redriven=redriven))


@operation(
    "POST",
    "/subscriptions/{id}/secret",
    "Rotate a webhook's signing secret; for a day both are good",
    role=Role.SUBSCRIBER,
    parameters=(SUBSCRIPTION,),
    responses={HTTPStatus.OK: Response("The fresh secret, shown this once", SecretModel)},
    errors=(INVALID_SUBSCRIPTION, NOT_IN_THAT_STATE, TOO_MANY_REQUESTS, *MANAGED),
    tag="subscriptions",
)
async def rotate_secret(request: web.Request) -> web.Response:
    """Give a webhook a fresh signing secret."""
    subscription = await managed(request)
    request.app[NOTIFIER].rate_limit.admit(request)
    if subscription.channel is not Channel.WEBHOOK:
        raise Problem(INVALID_SUBSCRIPTION, "only webhooks are signed")
    rotated = await subscriptions(request).rotate_secret(subscription)
    fresh, *old = rotated.secrets
    until = max((signing.until for signing in old if signing.until), default=None)
    return json_response(SecretModel(secret=fresh.secret, old_until=until))


@operation(
    "POST",
    "/subscriptions/{id}/deliveries/{delivery_id}/redeliver",
    "Make one more attempt at a delivery",
    role=Role.SUBSCRIBER,
    parameters=(
        SUBSCRIPTION,
        Parameter("delivery_id", "path", "The delivery's id", required=True),
    ),
    responses={HTTPStatus.ACCEPTED: Response("It will be attempted")},
    errors=(NOT_IN_THAT_STATE, TOO_MANY_REQUESTS, *MANAGED),
    tag="subscriptions",
)
async def redeliver(request: web.Request) -> web.Response:
    """Queue one more attempt at a delivery."""
    subscription = await managed(request)
    request.app[NOTIFIER].rate_limit.admit(request)
    await subscriptions(request).redeliver(subscription, request.match_info["delivery_id"])
    return web.Response(status=HTTPStatus.ACCEPTED)


async def subscription_answer(request: web.Request, subscription: Subscription) -> web.Response:
    """Show a subscription with its last deliveries."""
    deliveries = await subscriptions(request).last_deliveries(subscription)
    return json_response(SubscriptionModel.of(subscription, deliveries))


def _request_of(request: web.Request, body: ByChannel) -> SubscriptionRequest:
    """Check the filter and the target; raises a Problem of kind INVALID_SUBSCRIPTION."""
    topic = request.match_info["name"]
    wanted = Filter(frozenset(body.filter.type), frozenset(body.filter.order_id))
    if wanted.order_ids and topic != ORDER_EVENTS:
        raise _invalid(("filter", "order_id"), f"only {ORDER_EVENTS} tells of orders")
    try:
        match body:
            case SubscribeWebhook():
                request.app[NOTIFIER].rules.url(body.url)
            case SubscribeEmail():
                check_address(body.address)
            case SubscribeQueue():
                pass  # SNS decides whether it may send there
    except ForbiddenUrlError as error:
        raise _invalid(("url",), str(error)) from None
    except InvalidAddressError as error:
        raise _invalid(("address",), str(error)) from None
    also = tuple(dict.fromkeys(name for name in _also(body) if name != topic))
    if ORDER_EVENTS in also or (also and topic == ORDER_EVENTS):
        raise _invalid(("also",), f"only newsletters can be confirmed together, not {ORDER_EVENTS}")
    return SubscriptionRequest(
        topic, Channel(body.channel), body.target, wanted, limited_client(request), also
    )


def _also(body: ByChannel) -> Sequence[str]:
    return body.also if isinstance(body, SubscribeEmail) else ()


def _invalid(path: tuple[str, ...], detail: str) -> Problem:
    field_errors = [FieldError(path, detail)]
    return Problem(INVALID_SUBSCRIPTION, "the body has 1 error(s)", field_errors=field_errors)


SUBSCRIPTION_OPERATIONS = (
    *(subscribe, get_subscription, end_subscription),
    *(resume_subscription, rotate_secret, redeliver),
)
