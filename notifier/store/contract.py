"""What the store promises of topics and deliveries; one suite tests both stores."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Protocol

from shared.domain.delivery import Delivery
from shared.domain.issue import Issue
from shared.domain.subscription import Subscription, SubscriptionState
from shared.store.subscription_contract import SubscriptionStore

_PAGE = 500


class TopicStore(Protocol):
    """The topics of one shop beyond those of the opening, and the issues published to them."""

    async def put_topic(self, name: str, description: str) -> bool:
        """Record a topic, or describe it anew; tell whether it is new."""

    async def topics(self) -> Mapping[str, str]:
        """Give every recorded topic's description, by name, sorted."""

    async def add_issue(self, issue: Issue) -> Issue:
        """Record an issue that is to be announced; give the one that is recorded under its id."""

    async def issue_announced(self, issue_id: str) -> None:
        """Record that every delivery of an issue is in the log."""

    async def is_announced(self, issue_id: str) -> bool:
        """Tell whether every delivery of an issue is known to be in the log."""

    async def unannounced_issues(self, limit: int) -> Sequence[Issue]:
        """List up to `limit` issues that may not have reached the log, the oldest first."""


class DeliveryLog(Protocol):
    """The log of deliveries. What is due stays until it is not; the rest for some days."""

    async def log_due(self, deliveries: Collection[Delivery]) -> None:
        """Record deliveries that are due; those that are in the log already stay as they are."""

    async def delivery(self, subscription_id: str, delivery_id: str) -> Delivery | None:
        """Look a delivery up."""

    async def claim_attempt(
        self, delivery: Delivery, at: dt.datetime, not_before: dt.datetime
    ) -> Delivery | None:
        """Count an attempt before it is made, if the log has the delivery just as the caller does.

        `not_before` is when the next one may be made, should nothing be heard of this one. Gives
        the delivery as it is in the log now; none when somebody else was quicker.
        """

    async def log_attempt(self, delivery: Delivery) -> None:
        """Write a delivery over the one before, unless that one is delivered and this is not."""

    async def last_deliveries(
        self, subscription_id: str, limit: int, before: str = ""
    ) -> Sequence[Delivery]:
        """List deliveries to a subscriber, the newest event first, none only when there is none.

        They are up to `limit`, and of events before that of the delivery with the id `before`.
        """

    async def due_deliveries(self, limit: int, after: str = "") -> Sequence[Delivery]:
        """List up to `limit` that are due, by id, then by subscription, beyond `after`.

        They are fewer only when there are no more.

        `after` is the `due_place` of the last one of the list before.
        """

    async def count_due(self, above: int) -> Mapping[str, int]:
        """Count what is due to each subscription, by its id, that has more than `above` due."""


class PendingConfirmations(Protocol):
    """What addresses were asked and have not answered. Of an address only a digest is told."""

    async def reserve_confirmation(
        self,
        address: str,
        subscription_id: str,
        at: dt.datetime,
        *,
        places: int,
        hold: dt.timedelta,
    ) -> bool:
        """Take one of an address's `places` for a subscription, and hold it for `hold`.

        Tells whether it has one now; whoever has one already keeps it.
        """

    async def release_confirmation(self, address: str, subscription_id: str) -> None:
        """Make the place free that a subscription has, if it has one."""


class ShopSecrets(Protocol):
    """Secrets that all processes of a shop have in common."""

    async def link_secret(self, candidate: str) -> str:
        """Give the secret that links in mail are signed with: the one that was first recorded."""


class QueueMarks(Protocol):
    """The mark that the queue of jobs has as well, for as long as nothing on it was lost."""

    async def queue_mark(self) -> str | None:
        """Give the mark that was recorded last, if any, as of the last completed write."""

    async def record_queue_mark(self, mark: str) -> None:
        """Record another mark in its place."""


class NotifierStore(
    TopicStore,
    SubscriptionStore,
    DeliveryLog,
    PendingConfirmations,
    ShopSecrets,
    QueueMarks,
    Protocol,
):
    """The whole of it, as the notifier opens it."""

    async def forget(self, before: dt.datetime) -> None:
        """Drop what ended, was delivered, announced or given up before then, as room is needed.

        Where items expire by themselves, there is nothing to do.
        """

    async def check(self) -> None:
        """Make sure that the store can be read and written; raises StoreUnavailableError."""


async def pages_in_state(
    store: SubscriptionStore, state: SubscriptionState
) -> AsyncIterator[Sequence[Subscription]]:
    """List them page by page, the oldest first; raises StoreUnavailableError."""
    page = await store.in_state(state, _PAGE)
    while page:
        yield page
        page = await store.in_state(state, _PAGE, page[-1])
