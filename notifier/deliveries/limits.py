"""Concurrency limits: how many attempts may be in progress for a subscriber, and for a channel."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial

from notifier.channels.channel import MOST_AT_ONCE
from shared.domain.subscription import Channel, Subscription
from shared.domain.webhook_url import webhook_host

LONGEST_WAIT = 30.0
"""Seconds. Waits follow from how long attempts took so far; without this bound, a subscriber that
was slow for a moment would be idle for minutes while hundreds of deliveries wait."""

_SPREAD = 0.5
"""The part of the longest wait by which it may be shorter."""

_SHORTEST = 0.05
_NEW_SHARE = 0.3
"""How much the latest attempt counts in the expected duration of the next."""

_ALL = "all"

MOST_PER_HOST = 16
"""So many deliveries are in progress at once to one host and port, however many subscribers have
theirs there: a slow host takes a quarter of the slots at most."""

MOST_PER_CLIENT = 4
"""So many confirmation requests of one client are in progress at once."""

MOST_CHALLENGES = 16
"""So many challenges are in progress at once: anybody may ask for one, and webhooks need slots."""

MOST_CHALLENGES_PER_HOST = 2
"""So many challenges are in progress at once at one host and port."""

MOST_CONFIRMATION_MAILS = MOST_AT_ONCE // 2
"""So many mails in progress may be confirmation requests; the others are for subscribers."""

MOST_CONFIRMATION_MAILS_PER_CLIENT = MOST_CONFIRMATION_MAILS // 2
"""Of those, so many may be of one client: at a slow server, it would have them all for long."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcurrencyLimits:
    """Limits attempts per subscriber and per webhook's host, and all mail and all challenges.

    Confirmation requests are also limited per client, since anybody may ask for them: so those of
    one client, or of one host that never answers, take few of the slots that others need. An
    attempt asks before it is claimed, so that one that has to wait is not counted.
    """

    subscribers: KeyedLimit
    hosts: KeyedLimit = field(default_factory=partial(KeyedLimit, MOST_PER_HOST))
    clients: KeyedLimit = field(default_factory=partial(KeyedLimit, MOST_PER_CLIENT))
    challenged_hosts: KeyedLimit = field(
        default_factory=partial(KeyedLimit, MOST_CHALLENGES_PER_HOST)
    )
    mailing_clients: KeyedLimit = field(
        default_factory=partial(KeyedLimit, MOST_CONFIRMATION_MAILS_PER_CLIENT)
    )
    confirmation_mails: KeyedLimit = field(
        default_factory=partial(KeyedLimit, MOST_CONFIRMATION_MAILS)
    )
    challenges: KeyedLimit = field(default_factory=partial(KeyedLimit, MOST_CHALLENGES))
    mails: KeyedLimit = field(default_factory=partial(KeyedLimit, MOST_AT_ONCE))

    def delivery(self, subscription: Subscription) -> AbstractContextManager[float]:
        """Give 0 and hold the slots for as long as the block lasts, or give the seconds to wait."""
        if subscription.channel is Channel.EMAIL:
            shared = (self.mails, _ALL)
        else:
            shared = (self.hosts, webhook_host(subscription.target))
        return _slots((self.subscribers, subscription.id), shared)

    def confirmation(self, subscription: Subscription) -> AbstractContextManager[float]:
        """Do the same for a confirmation request, which is a mail or a challenge."""
        client = subscription.client or subscription.id
        if subscription.channel is Channel.EMAIL:
            own = (self.mailing_clients, client)
            return _slots(own, (self.confirmation_mails, _ALL), (self.mails, _ALL))
        host = (self.challenged_hosts, webhook_host(subscription.target))
        return _slots((self.clients, client), host, (self.challenges, _ALL))


@contextlib.contextmanager
def _slots(*keyed: tuple[KeyedLimit, str]) -> Iterator[float]:
    """Hold a slot of each key, or none; give the seconds to wait for the first that is full."""
    wait = next((wait for limit, key in keyed if (wait := limit.seconds_to_wait(key))), 0.0)
    with contextlib.ExitStack() as slots:
        if not wait:
            for limit, key in keyed:
                slots.enter_context(limit.slot(key))
        yield wait
