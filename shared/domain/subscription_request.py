"""A request for a subscription, and the subscription that is made of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from shared.domain.subscription import (
    Channel,
    Filter,
    SigningSecret,
    Subscription,
    SubscriptionState,
)
from shared.domain.tokens import new_id, new_signing_secret, new_token, token_digest


@dataclass(frozen=True, slots=True)
class SubscriptionRequest:
    """The events that are wanted, and the target: a URL, an address or the ARN of a queue.

    `also` are further topics that one confirmation is for. `client` is who asks, as limits per
    client count it; None is staff, who are not limited.
    """

    topic: str
    channel: Channel
    target: str
    filter: Filter
    client: str | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Granted:
    """A new subscription with its manage token, which is shown once."""

    subscription: Subscription
    manage_token: str


def grant(
    wanted: SubscriptionRequest, store_id: str, now: dt.datetime, subscription_id: str | None = None
) -> Granted:
    """Make a pending subscription with keys of its own, and with an id if it is given none."""
    token = new_token()
    signed = wanted.channel is Channel.WEBHOOK
    subscription = Subscription(
        id=subscription_id or new_id(),
        store_id=store_id,
        topic=wanted.topic,
        channel=wanted.channel,
        target=wanted.target,
        filter=wanted.filter,
        state=SubscriptionState.PENDING,
        created_at=now,
        since=now,
        manage_digest=token_digest(token),
        client=wanted.client,
        also=wanted.also,
        secrets=(SigningSecret(new_signing_secret()),) if signed else (),
    )
    return Granted(subscription, token)
