"""When to try a delivery again, and when not any more. Pure decisions."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.domain.delivery import Delivery

LONGEST_PAUSE = 12 * 3600.0
"""SQS keeps a message invisible for up to 12 hours."""

CLOCKS_DIFFER = dt.timedelta(minutes=1)
"""By how much the clocks of those who announce, log and deliver may be apart."""

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

    def hold(self, attempts: int) -> float:
        """Say for how many seconds the attempt of that number keeps others from the next one.

        It may be under way for so long; and should it be cut off, it counts, so that the shortest
        pause follows it.
        """
        return max(self.longest_attempt, self.pause(attempts, None, lambda: 1.0) or 0)


def too_early(delivery: Delivery, now: dt.datetime) -> float:
    """Say for how many seconds a delivery is not to be tried again yet; 0 when it may be.

    Its job came early when there is a second one: of an announcement that came twice, or
    queued again after the queue was lost. What is to be tried at a time that a clock set back has
    yet to reach again, may be tried now.
    """
    if delivery.not_before is None or delivery.tried_at is None:
        return 0
    if now < delivery.tried_at - CLOCKS_DIFFER:
        return 0
    return max(0.0, (delivery.not_before - now).total_seconds())


def wait_by_age(since: dt.datetime, now: dt.datetime) -> float:
    """Say in how many seconds to look again for what does not depend on the subscriber."""
    return min(max((now - since).total_seconds() / 4, SHORTEST_WAIT), _LONGEST_WAIT)
