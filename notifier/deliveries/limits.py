"""Concurrency limits: how many attempts may be in progress for a subscriber, and for a channel."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from notifier.channels.channel import MOST_AT_ONCE
from shared.domain.subscription import Channel, Subscription

LONGEST_WAIT = 30.0
"""Seconds. Waits follow from how long attempts took so far; without this bound, a subscriber that
was slow for a moment would be idle for minutes while hundreds of deliveries wait."""

_SPREAD = 0.5
"""The part of the longest wait by which it may be shorter."""

_SHORTEST = 0.05
_NEW_SHARE = 0.3
"""How much the latest attempt counts in the expected duration of the next."""

_CHALLENGES = "challenges"


@dataclass(slots=True)
class _Usage:
    """Attempts in progress, how long one takes, and when the last one that waits may start."""

    in_progress: int = 0
    seconds: float = _SHORTEST
    next_start: float = 0.0


@dataclass(frozen=True, slots=True)
class KeyedLimit:
    """At most `at_once` attempts are in progress for each key; the others get a time to come back.

    A delivery that has to wait returns to the queue until then, and holds no slot meanwhile. A key
    is remembered for as long as one of its attempts is in progress or waits.
    """

    at_once: int
    monotonic: Callable[[], float] = time.monotonic
    rnd: Callable[[], float] = random.random
    _usage: dict[str, _Usage] = field(default_factory=dict, init=False)

    def seconds_to_wait(self, key: str) -> float:
        """Return how many seconds this attempt must wait; 0 when there is a free slot."""
        usage = self._usage.get(key)
        if usage is None or usage.in_progress < self.at_once:
            return 0
        now = self.monotonic()
        next_start = max(usage.next_start, now) + usage.seconds / self.at_once
        if next_start - now > LONGEST_WAIT:
            # Without jitter, all that are given this wait would come back at once.
            return LONGEST_WAIT * (1 - _SPREAD * self.rnd())
        usage.next_start = next_start
        return next_start - now

    @contextlib.contextmanager
    def slot(self, key: str) -> Iterator[None]:
        """Hold a slot for as long as the block lasts."""
        usage = self._usage.setdefault(key, _Usage())
        usage.in_progress += 1
        began = self.monotonic()
        try:
            yield
        finally:
            now = self.monotonic()
            took = max(now - began, _SHORTEST)
            usage.seconds += _NEW_SHARE * (took - usage.seconds)
            usage.in_progress -= 1
            if not usage.in_progress and usage.next_start <= now:
                del self._usage[key]


@dataclass(frozen=True, slots=True)
class ConcurrencyLimits:
    """Limits attempts per subscriber, all mails together, and all challenges together.

    An attempt asks before it is claimed, so that one that has to wait is not counted.
    """

    subscribers: KeyedLimit
    channels: KeyedLimit = field(default_factory=partial(KeyedLimit, MOST_AT_ONCE))

    @contextlib.contextmanager
    def delivery(self, subscription: Subscription) -> Iterator[float]:
        """Give 0 and hold the slots for as long as the block lasts, or give the seconds to wait."""
        wait = self.subscribers.seconds_to_wait(subscription.id)
        is_mail = subscription.channel is Channel.EMAIL
        if not wait and is_mail:
            wait = self.channels.seconds_to_wait(Channel.EMAIL)
        with contextlib.ExitStack() as slots:
            if not wait:
                slots.enter_context(self.subscribers.slot(subscription.id))
                if is_mail:
                    slots.enter_context(self.channels.slot(Channel.EMAIL))
            yield wait

    @contextlib.contextmanager
    def confirmation(self, subscription: Subscription) -> Iterator[float]:
        """Do the same for a confirmation request, which is a mail or a challenge."""
        key = Channel.EMAIL if subscription.channel is Channel.EMAIL else _CHALLENGES
        wait = self.channels.seconds_to_wait(key)
        with contextlib.nullcontext() if wait else self.channels.slot(key):
            yield wait
