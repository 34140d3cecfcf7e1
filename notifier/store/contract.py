"""The contract of the notifier's store; one suite tests both stores."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.domain.delivery import Delivery, DeliveryState
from shared.domain.issue import Issue
from shared.domain.subscription import Subscription, SubscriptionState
from shared.store.contract import HeartbeatStore, KeyValueStore
from shared.store.document_contract import DocumentStore
from shared.store.staff_contract import ChangeStore, StaffKeyStore
from shared.store.subscription_contract import SubscriptionStore

_PAGE = 500


class TopicStore(Protocol):
    """The topics that staff added to a shop's built-in ones, and the issues published to them."""

    async def put_topic(self, name: str, description: str) -> bool:
        """Record a topic, or change its description; return whether it is new."""

    async def topics(self) -> Mapping[str, str]:
        """Give every recorded topic's description, by name, sorted."""

    async def add_issue(self, issue: Issue) -> Issue:
        """Record an issue that is to be announced; return the one recorded under its id."""

    async def issue(self, issue_id: str) -> Issue | None:
        """Read an issue; one that is announced or withdrawn is kept for some months."""

    async def withdraw_issue(self, issue_id: str, now: dt.datetime) -> bool:
        """Withdraw an issue that is to be announced after `now`; return whether there was one."""

    async def issues(self) -> Sequence[Issue]:
        """List all issues that are kept and not withdrawn, the newest first."""

    async def issue_announced(self, issue_id: str) -> None:
        """Record that every delivery of an issue is in the log."""

    async def is_announced(self, issue_id: str) -> bool:
        """Return whether every delivery of an issue is known to be in the log."""

    async def unannounced_issues(self, limit: int) -> Sequence[Issue]:
        """List up to `limit` issues that may not have reached the log, the oldest first."""


class DeliveryLog(Protocol):
    """The log of deliveries. Due ones stay until they are finished; finished ones some days."""

    async def log_due(self, deliveries: Collection[Delivery]) -> None:
        """Record deliveries that are due; those that are in the log already stay as they are."""

    async def delivery(self, subscription_id: str, delivery_id: str) -> Delivery | None:
        """Read a delivery."""

    async def claim_attempt(
        self, delivery: Delivery, at: dt.datetime, not_before: dt.datetime
    ) -> Delivery | None:
        """Count an attempt before it is made, if the log has the delivery just as the caller does.

        `not_before` is when the next one may be made, in case the outcome of this one is never
        logged. Returns the delivery as it is in the log now, None when somebody else was first.
        """

    async def log_attempt(self, delivery: Delivery) -> None:
        """Write a delivery over the one before, unless that one is delivered and this is not."""

    async def delivery_states(
        self, subscription_ids: Collection[str], delivery_id: str
    ) -> Mapping[DeliveryState, int]:
        """Count the deliveries of one event to up to 500 subscribers, by state."""

    async def last_deliveries(
        self, subscription_id: str, limit: int, before: str = ""
    ) -> Sequence[Delivery]:
        """List up to `limit` deliveries to a subscriber, the newest event first.

        Their events are older than that of the delivery with the id `before`. The list may be
        shorter than `limit`, but is empty only when there are no more.
        """

    async def due_deliveries(self, limit: int, after: str = "") -> Sequence[Delivery]:
        """List up to `limit` that are due, by id, then by subscription, beyond `after`.

        They are fewer only when there are no more. `after` is the `due_sort_key` of the last one
        of the list before.
        """

    async def delete_deliveries(self, subscription_id: str) -> int:
        """Delete all deliveries to a subscriber, some at a time; return how many."""

    async def count_due(self, above: int) -> Mapping[str, int]:
        """Count the due deliveries of each subscription that has more than `above`, by its id."""


@dataclass(frozen=True, slots=True)
class PostponedJob:
    """A delivery job that is on no queue until `due_at`.

    `name` tells it from the other jobs of its subscription; `body` is its message.
    """

    subscription_id: str
    name: str
    due_at: dt.datetime
    body: str


class PostponedJobStore(Protocol):
    """The delivery jobs that wait too long for a queue: SQS counts them as in flight."""

    async def postpone_job(self, job: PostponedJob) -> None:
        """Record a job, over one of the same name and subscription."""

    async def postponed_jobs(self, until: dt.datetime, limit: int) -> Sequence[PostponedJob]:
        """List up to `limit` (100 at most) jobs that are due by `until`, the earliest first.

        The list may be shorter than `limit` though there are more.
        """

    async def delete_postponed(self, jobs: Collection[PostponedJob]) -> None:
        """Delete jobs, but none that has been postponed to another time since."""


class PendingConfirmations(Protocol):
    """Confirmation requests that nobody has answered, by the key of a limit that they count for.

    A key is a digest: of a mailbox, of who asked, of where the requests lead.
    """

    async def reserve_confirmation(
        self,
        key: str,
        subscription_id: str,
        at: dt.datetime,
        *,
        limit: int,
        lifetime: dt.timedelta,
    ) -> bool:
        """Reserve one of a key's `limit` pending requests for a subscription.

        It is free again after `lifetime`. Returns whether the subscription has one now; one that
        it had before stays its own.
        """

    async def release_confirmation(self, key: str, subscription_id: str) -> None:
        """Free the request that a subscription has reserved, if it has one."""

    async def count_use(
        self, key: str, at: dt.datetime, *, limit: int, period: dt.timedelta
    ) -> bool:
        """Count one more use of a key, unless it has had `limit` in its present period.

        A period begins with its first use. This is for limits too high for `reserve_confirmation`.
        """

    async def uncount_use(self, key: str) -> None:
        """Take back a use that was counted."""


class NotifierStore(
    TopicStore,
    SubscriptionStore,
    DeliveryLog,
    PostponedJobStore,
    PendingConfirmations,
    HeartbeatStore,
    KeyValueStore,
    StaffKeyStore,
    ChangeStore,
    DocumentStore,
    Protocol,
):
    """The whole store, as the notifier opens it."""

    async def delete_finished(self, before: dt.datetime, issues_before: dt.datetime) -> None:
        """Delete what ended, was delivered, given up or lapsed before then, and old issues.

        This does nothing where items expire by themselves.
        """

    async def check(self) -> None:
        """Check that the store can be read and written; raises StoreUnavailableError."""

    async def erase_replaced(self) -> None:
        """Remove from the store's files what was deleted or written over until now."""


async def pages_in_state(
    store: SubscriptionStore, state: SubscriptionState
) -> AsyncIterator[Sequence[Subscription]]:
    """List subscriptions page by page, the oldest first; raises StoreUnavailableError."""
    page = await store.in_state(state, _PAGE)
    while page:
        yield page
        page = await store.in_state(state, _PAGE, page[-1])
