"""When to retry a delivery, and when to give it up. Pure decisions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.domain.delivery import Delivery

LONGEST_PAUSE = 12 * 3600.0
"""Seconds; a subscriber may ask for more, and does not get it."""

CLOCKS_DIFFER = dt.timedelta(minutes=1)
"""How far the clocks of the processes that announce, log and deliver may differ."""

SHORTEST_WAIT = 5.0
_LONGEST_WAIT = 3600.0

_JITTER = 0.2
"""The part of a pause by which it may be shorter."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The pauses after the first, second, … failed attempt, in seconds; then it is given up.

    An attempt has ended after `longest_attempt` seconds, even if the log has no result of it.
    """

    pauses: Sequence[float]
    longest_attempt: float = 0.0

    def pause(self, attempts: int, asked: float | None, rnd: Callable[[], float]) -> float | None:
        """Return how long to wait after that many attempts; None when it is given up.

        Jitter makes it a little shorter than scheduled, so that deliveries that failed together do
        not come back together; it is never shorter than the subscriber `asked` for.
        """
        if attempts > len(self.pauses):
            return None
        planned = self.pauses[attempts - 1] * (1 - _JITTER * rnd())
        return min(max(planned, asked or 0), LONGEST_PAUSE)

    def claim_seconds(self, attempts: int) -> float:
        """Return for how many seconds attempt number `attempts` blocks the next one.

        This covers the longest possible attempt and, since an attempt that was cut off counts as
        failed, the shortest pause after it.
        """
        planned = self.pauses[attempts - 1] if attempts <= len(self.pauses) else 0.0
        return max(self.longest_attempt, min(planned * (1 - _JITTER), LONGEST_PAUSE))


def seconds_until_due(delivery: Delivery, now: dt.datetime) -> float:
    """Return how many seconds a delivery must still wait for its next attempt; 0 when it is due.

    A second job comes too early: of an announcement that came twice, or of a requeue. If the clock
    was set back since the last attempt, the delivery may be attempted now.
    """
    if delivery.not_before is None or delivery.tried_at is None:
        return 0
    if now < delivery.tried_at - CLOCKS_DIFFER:
        return 0
    return max(0.0, (delivery.not_before - now).total_seconds())


def wait_by_age(since: dt.datetime, now: dt.datetime) -> float:
    """Return the pause of a retry that does not depend on the subscriber: a quarter of its age."""
    return min(max((now - since).total_seconds() / 4, SHORTEST_WAIT), _LONGEST_WAIT)
