"""What the store promises of subscriptions; one suite tests both stores."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Protocol

from shared.domain.subscription import Subscription, SubscriptionState


class SubscriptionChangedError(Exception):
    """The subscription is not as the caller knew it: somebody else has changed it."""


class SubscriptionStore(Protocol):
    """The record of one shop's subscriptions. Every write is durable when its call returns.

    Every method raises StoreUnavailableError when the store cannot be reached in time. Those that
    list or count without a limit take as long as it takes, and give up when a part is late.
    """

    async def add_subscription(self, subscription: Subscription) -> Subscription:
        """Record a new subscription; give the one that is recorded under its id, ours or not."""

    async def subscription(self, subscription_id: str) -> Subscription | None:
        """Look a subscription up, as of the last completed write."""

    async def replace_subscription(self, before: Subscription, after: Subscription) -> None:
        """Write `after` if the recorded subscription still has the version of `before`.

        Raises SubscriptionChangedError, and writes nothing, otherwise. Its topic and its filter
        stay as they are. One that has ended is found by its id alone, for some days more.
        """

    def subscribed(self, routes: Collection[str]) -> AsyncIterator[Sequence[Subscription]]:
        """List all that are pending, active or paused and have one of these routes, each once.

        They come page by page; whoever subscribes meanwhile may be missed.
        """

    async def in_state(
        self, state: SubscriptionState, limit: int, after: Subscription | None = None
    ) -> Sequence[Subscription]:
        """List up to `limit` subscriptions that are pending, active or paused, oldest first.

        `after` is the last one of the list before, whatever became of it meanwhile.
        """

    async def count_active(self) -> Mapping[str, int]:
        """Count the active subscriptions of each topic that has any."""
