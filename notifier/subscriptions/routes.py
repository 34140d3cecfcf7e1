"""The routes of subscriptions: made, confirmed, looked up, resumed, ended."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from notifier.build import NOTIFIER
from notifier.problems import INVALID_CONFIRMATION, INVALID_SUBSCRIPTION
from notifier.subscriptions.access import desk, holder, token_holder
from notifier.subscriptions.models import (
    Asked,
    ConfirmSubscription,
    DeliveryModel,
    GrantedModel,
    ResumedModel,
    SecretModel,
    ShownFilter,
    Subscribe,
    SubscriptionModel,
)
from notifier.subscriptions.targets import target_of
from notifier.topics.routes import require_topic
from shared.domain.delivery import Delivery, DeliveryState
from shared.domain.errors import FieldError
from shared.domain.subscription import Channel, Filter, Subscription
from shared.domain.subscription_request import SubscriptionRequest
from shared.domain.webhook_url import WebhookUrlRules
from shared.messages.announcement import ORDER_EVENTS
from shared.web.body import json_response, read_body
from shared.web.caller import is_staff, require_staff, unauthorized
from shared.web.problem import Problem
from shared.web.rate_limit import admit


async def subscribe(request: web.Request) -> web.Response:
    """Make a subscription; it is pending until whoever is to hear it has agreed."""
    topic = request.match_info["name"]
    admit(request, request.app[NOTIFIER].rate_limit)
    asked = (await read_body(request, Subscribe, INVALID_SUBSCRIPTION)).root
    wanted = _wanted(topic, asked, request.app[NOTIFIER].rules)
    await require_topic(request, topic)
    if topic == ORDER_EVENTS and not wanted.filter.order_ids and not is_staff(request):
        raise unauthorized("name the orders in the filter, or send the staff key")
    if wanted.channel is Channel.SQS:
        require_staff(request)
    granted = await desk(request).subscribe(wanted)
    shown = _granted(granted.subscription, granted.manage_token)
    location = {"Location": f"/subscriptions/{shown.id}"}
    return json_response(shown, HTTPStatus.CREATED, location)


async def confirm(request: web.Request) -> web.Response:
    """Confirm a subscription by the token that its subscriber was sent."""
    body = await read_body(request, ConfirmSubscription, INVALID_CONFIRMATION)
    subscription = await token_holder(request, body.token)
    return json_response(await _shown(request, await desk(request).confirm(subscription)))


async def get_subscription(request: web.Request) -> web.Response:
    """Show a subscription to whoever manages it."""
    return json_response(await _shown(request, await holder(request)))


async def end_subscription(request: web.Request) -> web.Response:
    """End a subscription."""
    await desk(request).end(await holder(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def resume_subscription(request: web.Request) -> web.Response:
    """Go on with a subscription that was paused."""
    redriven = await desk(request).resume(await holder(request))
    return json_response(ResumedModel(redriven=redriven))


async def rotate_secret(request: web.Request) -> web.Response:
    """Give a webhook a fresh signing secret."""
    subscription = await holder(request)
    if subscription.channel is not Channel.WEBHOOK:
        raise Problem(INVALID_SUBSCRIPTION, "only webhooks are signed")
    rotated = await desk(request).rotate_secret(subscription)
    fresh, *old = rotated.secrets
    until = max((signing.until for signing in old if signing.until), default=None)
    return json_response(SecretModel(secret=fresh.secret, old_until=until))


async def redeliver(request: web.Request) -> web.Response:
    """Have one delivery attempted again."""
    admit(request, request.app[NOTIFIER].rate_limit)
    subscription = await holder(request)
    await desk(request).redeliver(subscription, request.match_info["delivery_id"])
    return web.Response(status=HTTPStatus.ACCEPTED)


def _wanted(topic: str, asked: Asked, rules: WebhookUrlRules) -> SubscriptionRequest:
    wanted = Filter(frozenset(asked.filter.type), frozenset(asked.filter.order_id))
    if wanted.order_ids and topic != ORDER_EVENTS:
        field_error = FieldError(("filter", "order_id"), f"only {ORDER_EVENTS} tells of orders")
        raise Problem(INVALID_SUBSCRIPTION, "the body has 1 error(s)", field_errors=[field_error])
    return SubscriptionRequest(topic, Channel(asked.channel), target_of(asked, rules), wanted)


def _granted(subscription: Subscription, manage_token: str) -> GrantedModel:
    return GrantedModel(
        id=subscription.id,
        topic=subscription.topic,
        channel=subscription.channel,
        state=subscription.state,
        manage_token=manage_token,
        secret=next((signing.secret for signing in subscription.secrets), None),
    )


async def _shown(request: web.Request, subscription: Subscription) -> SubscriptionModel:
    deliveries = await desk(request).last_deliveries(subscription)
    return SubscriptionModel(
        id=subscription.id,
        topic=subscription.topic,
        channel=subscription.channel,
        state=subscription.state,
        target=subscription.target,
        filter=ShownFilter(
            type=sorted(subscription.filter.types),
            order_id=sorted(subscription.filter.order_ids),
        ),
        created_at=subscription.created_at,
        since=subscription.since,
        notice=subscription.notice,
        failures=sum(_has_failed(delivery) for delivery in deliveries),
        deliveries=[_delivery(delivery) for delivery in deliveries],
    )


def _has_failed(delivery: Delivery) -> bool:
    return delivery.state is not DeliveryState.DELIVERED and delivery.error is not None


def _delivery(delivery: Delivery) -> DeliveryModel:
    return DeliveryModel(
        id=delivery.id,
        event_id=delivery.event_id,
        type=delivery.event_type,
        state=delivery.state,
        attempts=delivery.attempts,
        due_at=delivery.at,
        tried_at=delivery.tried_at,
        error=delivery.error,
    )
