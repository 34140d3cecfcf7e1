"""The contract of a store of subscriptions; one suite tests both stores."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Protocol

from shared.domain.subscription import Subscription, SubscriptionState

SUBSCRIBED_PAGE = 500
"""The deliveries of an issue are queued by as many: others' come between the pages."""


class SubscriptionChangedError(Exception):
    """The subscription was changed by somebody else since the caller read it."""


class SubscriptionStore(Protocol):
    """The record of one shop's subscriptions. Every write is durable when its call returns.

    Every method raises StoreUnavailableError when the store cannot be reached in time. A method
    that lists or counts without a limit bounds the time of each page, not of the whole.
    """

    async def add_subscription(self, subscription: Subscription) -> Subscription:
        """Record a new subscription; return the recorded one, another if the id was taken."""

    async def subscription(self, subscription_id: str) -> Subscription | None:
        """Read a subscription, as of the last completed write."""

    async def replace_subscription(self, before: Subscription, after: Subscription) -> None:
        """Write `after` if the recorded subscription still has the version of `before`.

        Otherwise it writes nothing, and raises SubscriptionChangedError. The topic and the
        filter never change. An ended subscription is found by its id alone, for some days more.
        """

    def subscribed(
        self, routing_keys: Collection[str]
    ) -> AsyncGenerator[Sequence[Subscription], None]:
        """List all that are pending, active or paused with one of these routing keys, each once.

        They come by pages of `SUBSCRIBED_PAGE` at most; one that is added meanwhile may be missing.
        """

    async def in_state(
        self, state: SubscriptionState, limit: int, after: Subscription | None = None
    ) -> Sequence[Subscription]:
        """List up to `limit` subscriptions that are pending, active or paused, oldest first.

        `after` is the last one of the list before, whatever its state is now.
        """

    async def count_active(self) -> Mapping[str, int]:
        """Count the active subscriptions of each topic that has any."""
