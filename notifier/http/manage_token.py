"""Which subscription a request is about, and whether its caller may manage it."""

from __future__ import annotations

from aiohttp import web

from notifier.context import NOTIFIER
from notifier.subscriptions.service import NotFoundError, SubscriptionService
from shared.domain.staff import StaffRole
from shared.domain.subscription import Subscription
from shared.domain.tokens import matches_digest
from shared.web.caller import (
    count_wrong_key,
    identify,
    is_staff,
    require_staff,
    shown_key,
    unauthorized,
)


def subscriptions(request: web.Request) -> SubscriptionService:
    """The service behind the routes; raises AwsUnavailableError until its queues exist."""
    return request.app[NOTIFIER].deliveries.service.subscriptions


async def managed(request: web.Request) -> Subscription:
    """Find the subscription in the path, for the holder of its manage token or a manager.

    Raises Problems of kind UNAUTHORIZED and FORBIDDEN, and NotFoundError.
    """
    token = shown_key(request)
    if token is None:
        raise unauthorized("send the manage token as Authorization: Bearer")
    try:
        subscription = await subscriptions(request).find(request.match_info["id"])
    except NotFoundError:
        await _is_known(request)
        raise
    if not matches_digest(token, subscription.manage_digest):
        if not await _is_known(request):
            raise unauthorized("this is not the manage token of the subscription")
        require_staff(request, StaffRole.MANAGER)
    return subscription


async def _is_known(request: web.Request) -> bool:
    """Return whether the token, which is not the subscription's, is a staff key; else count it."""
    await identify(request)
    if not (known := is_staff(request)):
        count_wrong_key(request)
    return known
