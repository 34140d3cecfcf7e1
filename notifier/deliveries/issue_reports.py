"""What became of a newsletter issue: how many got it, and how many unsubscribed because of it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

from notifier.deliveries.housekeeping import KEPT
from notifier.store.contract import NotifierStore, pages_in_state
from shared.clock import Clock
from shared.domain.delivery import DeliveryState, delivery_id
from shared.domain.issue import Issue
from shared.domain.subscription import UNSUBSCRIBED, Channel, Subscription, SubscriptionState

_MOST = 20_000
"""How many subscriptions are looked at: more would take a reader seconds."""

_AT_ONCE = 500
_WITH_DELIVERIES = (SubscriptionState.ACTIVE, SubscriptionState.PAUSED, SubscriptionState.ENDED)


@dataclass(frozen=True, slots=True)
class IssueReport:
    """How many deliveries by mail and webhook were made, are being tried, and were given up.

    `unsubscribed` counts those who unsubscribed since, until the topic's next issue.
    `is_complete` is false when there are more subscriptions than are looked at.
    """

    delivered: int
    due: int
    failed: int
    unsubscribed: int
    is_complete: bool


@dataclass(frozen=True, slots=True)
class IssueReports:
    """Counts from the log of deliveries, which keeps them for days."""

    store: NotifierStore
    clock: Clock

    async def report(self, issue: Issue, until: dt.datetime) -> IssueReport | None:
        """Count what became of an issue; None once the log has begun to forget it.

        `until` is the time of the topic's next issue. Raises StoreUnavailableError.
        """
        if issue.at < self.clock() - KEPT:
            return None
        subscriptions = [one async for one in self._of(issue)]
        states: Counter[DeliveryState] = Counter()
        for start in range(0, min(len(subscriptions), _MOST), _AT_ONCE):
            ids = [one.id for one in subscriptions[start : start + _AT_ONCE]]
            found = await self.store.delivery_states(ids, delivery_id(issue.at, issue.id))
            states.update(found)
        return IssueReport(
            delivered=states[DeliveryState.DELIVERED],
            due=states[DeliveryState.DUE],
            failed=states[DeliveryState.FAILED],
            unsubscribed=sum(_has_left(one, issue.at, until) for one in subscriptions),
            is_complete=len(subscriptions) <= _MOST,
        )

    async def _of(self, issue: Issue) -> AsyncIterator[Subscription]:
        """List the topic's subscriptions that may have got the issue, and one more than most."""
        count = 0
        for state in _WITH_DELIVERIES:
            async for page in pages_in_state(self.store, state):
                for one in page:
                    is_logged = one.topic == issue.topic and one.channel is not Channel.SQS
                    if is_logged and one.created_at <= issue.at:
                        count += 1
                        yield one
                        if count > _MOST:
                            return


def _has_left(subscription: Subscription, since: dt.datetime, until: dt.datetime) -> bool:
    is_their_own = subscription.notice == UNSUBSCRIBED
    return is_their_own and since <= subscription.since < until
