"""Lanes: beside its subscriber's turn, an attempt takes that of all mail, or of all challenges."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from notifier.channels.channel import MOST_AT_ONCE
from notifier.deliveries.concurrency import Turns
from shared.domain.subscription import Channel, Subscription

_CHALLENGES = "challenges"


class Lanes:
    """Gives attempts their turns, without waiting for any: a lane that is full says when to come.

    It is asked before an attempt is claimed, so that being told to come later is no attempt.
    """

    def __init__(self, per_subscriber: int) -> None:
        self._subscribers = Turns(per_subscriber)
        self._lanes = Turns(MOST_AT_ONCE)

    @contextlib.contextmanager
    def delivery(self, subscription: Subscription) -> Iterator[float]:
        """Give 0, and the turns for as long as the block lasts; or the seconds to wait for them."""
        with contextlib.ExitStack() as stack:
            wait = self._subscribers.wait(subscription.id)
            if not wait and subscription.channel is Channel.EMAIL:
                wait = stack.enter_context(_turn(self._lanes, Channel.EMAIL))
            if not wait:
                stack.enter_context(self._subscribers.taken(subscription.id))
            yield wait

    @contextlib.contextmanager
    def question(self, subscription: Subscription) -> Iterator[float]:
        """Do the same for a question, which is a mail or a challenge."""
        lane = Channel.EMAIL if subscription.channel is Channel.EMAIL else _CHALLENGES
        with _turn(self._lanes, lane) as wait:
            yield wait


@contextlib.contextmanager
def _turn(turns: Turns, key: str) -> Iterator[float]:
    wait = turns.wait(key)
    with contextlib.nullcontext() if wait else turns.taken(key):
        yield wait
