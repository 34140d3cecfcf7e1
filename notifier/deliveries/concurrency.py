"""Turns: how many attempts one subscriber takes up at once, so that it delays no other."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

LONGEST_WAIT = 30.0
"""Seconds. Turns are given by how long attempts took so far; a subscriber that was slow for a
moment would otherwise have nothing to do for minutes, while hundreds wait for their turns."""

_SPREAD = 0.5
"""The part of the longest wait by which it may be shorter."""

_SHORTEST = 0.05
_NEW_SHARE = 0.3
"""How much the latest attempt counts in what is expected of the next."""


@dataclass(slots=True)
class _Subscriber:
    """Attempts under way, how long one takes, and when the last who was told to wait may come."""

    under_way: int = 0
    seconds: float = _SHORTEST
    next_turn: float = 0.0


class Turns:
    """At most `at_once` attempts are made at once for a subscriber; the others get a turn.

    What has to wait goes back to the queue until then, and holds no slot meanwhile. A subscriber
    is remembered for as long as anything is under way, or waits.
    """

    def __init__(
        self,
        at_once: int,
        monotonic: Callable[[], float] = time.monotonic,
        rnd: Callable[[], float] = random.random,
    ) -> None:
        self._at_once = at_once
        self._monotonic = monotonic
        self._rnd = rnd
        self._subscribers: dict[str, _Subscriber] = {}

    def wait(self, subscription_id: str) -> float:
        """Say in how many seconds it is this delivery's turn; 0 is now."""
        subscriber = self._subscribers.get(subscription_id)
        if subscriber is None or subscriber.under_way < self._at_once:
            return 0
        now = self._monotonic()
        step = subscriber.seconds / self._at_once
        next_turn = max(subscriber.next_turn, now) + step
        if next_turn - now > LONGEST_WAIT:
            # All who are told the same moment would come back at once.
            return LONGEST_WAIT * (1 - _SPREAD * self._rnd())
        subscriber.next_turn = next_turn
        return next_turn - now

    @contextlib.contextmanager
    def taken(self, subscription_id: str) -> Iterator[None]:
        """Take a turn for as long as the block lasts."""
        subscriber = self._subscribers.setdefault(subscription_id, _Subscriber())
        subscriber.under_way += 1
        began = self._monotonic()
        try:
            yield
        finally:
            now = self._monotonic()
            took = max(now - began, _SHORTEST)
            subscriber.seconds += _NEW_SHARE * (took - subscriber.seconds)
            subscriber.under_way -= 1
            if not subscriber.under_way and subscriber.next_turn <= now:
                del self._subscribers[subscription_id]
