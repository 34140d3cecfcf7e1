"""Subscriptions: who wants which announcements, by which channel, and their states."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType


class Channel(StrEnum):
    """How announcements reach a subscriber. Live streams are not recorded."""

    WEBHOOK = "webhook"
    EMAIL = "email"
    SQS = "sqs"


class SubscriptionState(StrEnum):
    """The state of a subscription. Only active ones are delivered to."""

    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


TRANSITIONS: Mapping[SubscriptionState, frozenset[SubscriptionState]] = MappingProxyType(
    {
        SubscriptionState.PENDING: frozenset({SubscriptionState.ACTIVE, SubscriptionState.ENDED}),
        SubscriptionState.ACTIVE: frozenset({SubscriptionState.PAUSED, SubscriptionState.ENDED}),
        SubscriptionState.PAUSED: frozenset({SubscriptionState.ACTIVE, SubscriptionState.ENDED}),
        SubscriptionState.ENDED: frozenset(),
    }
)
"""Which states may follow which."""


class SubscriptionRefusedError(Exception):
    """The subscription's state may not be followed by the one that was asked for."""

    def __init__(self, state: SubscriptionState, to: SubscriptionState) -> None:
        super().__init__(f"a subscription that is {state} cannot become {to}")
        self.state = state
        self.to = to


UNSUBSCRIBED = "unsubscribed"
"""The notice of a subscription that its subscriber has ended."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events of a topic are wanted: of some types, of some orders; empty is all."""

    types: frozenset[str] = frozenset()
    order_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SigningSecret:
    """A secret that webhooks are signed with, until a time, or for ever when that is None."""

    secret: str
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscriber's request for the announcements of one topic.

    `target` is the URL, the address or the ARN that its channel delivers to; it is empty at the
    end. `manage_digest` is the SHA-256 of its manage token, in hexadecimal. `notice` says why it
    was paused or ended. `aws_subscription` is the ARN of SNS's own subscription, which a queue has.
    `asked_at` is when the confirmation mail was sent. `client` is who asked for it, for limits per
    client; it is forgotten once the subscription is confirmed, and None if that was staff. The last
    challenge of a webhook failed with `challenge_error`; the next is not before
    `next_challenge_at`. Whoever confirms it gets the topics of `also`, too, as subscriptions of
    their own.
    """

    id: str
    store_id: str
    topic: str
    channel: Channel
    target: str
    filter: Filter
    state: SubscriptionState
    created_at: dt.datetime
    since: dt.datetime
    manage_digest: str
    version: int = 1
    secrets: tuple[SigningSecret, ...] = ()
    aws_subscription: str | None = None
    notice: str | None = None
    asked_at: dt.datetime | None = None
    client: str | None = None
    challenges: int = 0
    challenge_error: str | None = None
    next_challenge_at: dt.datetime | None = None
    also: tuple[str, ...] = ()

    @property
    def routing_keys(self) -> Sequence[str]:
        """The routing keys of its announcements: its topic, or those of single orders.

        A queue has the routing key of its topic: SNS has one subscription for it, and filters.
        """
        if self.channel is Channel.SQS or not self.filter.order_ids:
            return [self.topic]
        return [
            order_routing_key(self.topic, order_id) for order_id in sorted(self.filter.order_ids)
        ]

    @property
    def is_of_orders(self) -> bool:
        """Whether it is about single orders, which are soon over.

        While it is pending, its announcements wait for it to become active.
        """
        return bool(self.filter.order_ids)


def order_routing_key(topic: str, order_id: str) -> str:
    """Name the part of a topic that is about one order."""
    return f"{topic}/{order_id}"


def wants(subscription: Subscription, event_type: str) -> bool:
    """Whether an event with one of its routing keys is delivered, or kept until it is confirmed."""
    if subscription.filter.types and event_type not in subscription.filter.types:
        return False
    if subscription.state is SubscriptionState.PENDING:
        return subscription.is_of_orders
    return subscription.state is not SubscriptionState.ENDED


def advance(
    subscription: Subscription,
    to: SubscriptionState,
    at: dt.datetime,
    notice: str | None = None,
) -> Subscription:
    """Move a subscription on, its version by one; raises SubscriptionRefusedError.

    What matters only while it is pending is forgotten; at its end, so is where it led to.
    """
    if to not in TRANSITIONS[subscription.state]:
        raise SubscriptionRefusedError(subscription.state, to)
    if to is SubscriptionState.ENDED:
        subscription = replace(subscription, target="", secrets=())
    return replace(
        subscription,
        state=to,
        since=at,
        notice=notice,
        version=subscription.version + 1,
        client=None,
        challenge_error=None,
        next_challenge_at=None,
    )


_MOST_OLD_SECRETS = 3
"""Each adds a signature to every request."""


def rotate(
    subscription: Subscription, secret: str, at: dt.datetime, overlap: dt.timedelta
) -> Subscription:
    """Sign with a fresh secret from now on, and with the present one as well for `overlap`.

    Older ones keep their end: a subscriber that lost the response rotates once more, and still
    verifies with the first secret.
    """
    kept = [
        old if old.until else SigningSecret(old.secret, at + overlap)
        for old in valid_secrets(subscription, at)
    ]
    secrets = (SigningSecret(secret), *kept[:_MOST_OLD_SECRETS])
    return replace(subscription, secrets=secrets, version=subscription.version + 1)


def valid_secrets(subscription: Subscription, at: dt.datetime) -> Sequence[SigningSecret]:
    """Give the secrets to sign with now, the newest first."""
    return [old for old in subscription.secrets if old.until is None or at < old.until]
