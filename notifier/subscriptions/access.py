"""Who may do something with a subscription: whoever holds its manage token, or was asked."""

from __future__ import annotations

from aiohttp import web

from notifier.build import NOTIFIER
from notifier.subscriptions.service import SubscriptionService
from shared.domain.subscription import Subscription
from shared.domain.tokens import matches_digest
from shared.web.caller import bearer_token, is_staff, unauthorized


def desk(request: web.Request) -> SubscriptionService:
    """The desk; raises AwsUnavailableError while the office is closed."""
    return request.app[NOTIFIER].hours.office.desk


async def holder(request: web.Request) -> Subscription:
    """Find the subscription in the path for whoever shows its manage token, or the staff key.

    Raises a Problem of kind UNAUTHORIZED, and NotFoundError.
    """
    token = bearer_token(request)
    if token is None:
        raise unauthorized("send the manage token as Authorization: Bearer")
    subscription = await desk(request).find(request.match_info["id"])
    if not (matches_digest(token, subscription.manage_digest) or is_staff(request)):
        raise unauthorized("this is not the manage token of the subscription")
    return subscription


async def token_holder(request: web.Request, token: str) -> Subscription:
    """Find the subscription in the path for whoever shows the token that its subscriber was sent.

    Raises a Problem of kind UNAUTHORIZED, and NotFoundError.
    """
    subscription = await desk(request).find(request.match_info["id"])
    if not request.app[NOTIFIER].links.confirms(token, subscription.id):
        raise unauthorized("this is not the token of the subscription")
    return subscription
