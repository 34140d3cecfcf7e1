"""When to try a delivery again, and when not any more. Pure decisions."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.domain.delivery_log import LoggedDelivery

LONGEST_PAUSE = 12 * 3600.0
"""SQS keeps a message invisible for up to 12 hours."""

SHORTEST_WAIT = 5.0
_LONGEST_WAIT = 3600.0

_JITTER = 0.2
"""The part of a pause by which it may be shorter."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The pauses after the first, second, … failed attempt, in seconds; then it is given up.

    An attempt is over after `longest_attempt` seconds, whether or not the log tells how it ended.
    """

    pauses: Sequence[float]
    longest_attempt: float = 0.0

    def pause(self, attempts: int, asked: float | None, rnd: Callable[[], float]) -> float | None:
        """Say how long to wait after that many attempts; none when there have been enough.

        It is a little less than scheduled, so that those who failed together do not come back
        together, and no less than the subscriber `asked` for.
        """
        if attempts > len(self.pauses):
            return None
        planned = self.pauses[attempts - 1] * (1 - _JITTER * rnd())
        return min(max(planned, asked or 0), LONGEST_PAUSE)

    def pause_at(self, age: float, asked: float | None, rnd: Callable[[], float]) -> float | None:
        """Say how long to wait `age` seconds after the first attempt was due.

        It is for what is attempted uncounted: as if every attempt so far had been made in time.
        """
        soonest = itertools.accumulate(pause * (1 - _JITTER) for pause in self.pauses)
        return self.pause(1 + sum(at <= age for at in soonest), asked, rnd)

    def too_early(self, delivery: LoggedDelivery, now: dt.datetime) -> float:
        """Say for how many seconds a delivery is not to be tried again yet; 0 when it may be.

        Its errand came early when there is a second one: of an announcement that came twice, or
        queued again after the queue was lost. The attempt before may be under way still.
        """
        if delivery.tried_at is None:
            return 0
        soonest = self.longest_attempt if delivery.error is None else 0.0
        if 0 < delivery.attempts <= len(self.pauses):
            soonest = max(soonest, self.pauses[delivery.attempts - 1] * (1 - _JITTER))
        return max(0.0, soonest - (now - delivery.tried_at).total_seconds())


def wait_by_age(since: dt.datetime, now: dt.datetime) -> float:
    """Say in how many seconds to look again for what does not depend on the subscriber."""
    return min(max((now - since).total_seconds() / 4, SHORTEST_WAIT), _LONGEST_WAIT)
