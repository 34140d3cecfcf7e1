"""Counts what becomes of attempts to deliver: since the start, and in the last hour."""

from __future__ import annotations

import datetime as dt
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import prometheus_client

from notifier.channels.channel import (
    Accepted,
    AttemptResult,
    Confirmed,
    LocalFailure,
    PermanentFailure,
    Sender,
    TransientFailure,
)
from shared.clock import Clock
from shared.domain.subscription import Channel, Subscription
from shared.messages.announcement import CloudEvent
from shared.tracing.process import tracing

RESULTS: Mapping[type[AttemptResult], str] = MappingProxyType(
    {
        Accepted: "accepted",
        TransientFailure: "failed",
        PermanentFailure: "refused",
        LocalFailure: "unsent",
    }
)
"""What the results of attempts are called in metrics and answers."""

HOUR = dt.timedelta(hours=1)
_MINUTE = dt.timedelta(minutes=1)


class AttemptCounts:
    """The attempts of this process, by channel and result."""

    def __init__(self, registry: prometheus_client.CollectorRegistry, clock: Clock) -> None:
        self._clock = clock
        self.since = clock()
        self._metric = prometheus_client.Counter(
            "coffeeshop_delivery_attempts",
            "Attempts to deliver an event, by channel and result.",
            ("channel", "result"),
            registry=registry,
        )
        self._minutes: deque[tuple[dt.datetime, Counter[tuple[Channel, str]]]] = deque()

    def count(self, channel: Channel, result: AttemptResult) -> None:
        """Count one attempt, now."""
        name = RESULTS[type(result)]
        self._metric.labels(channel, name).inc()
        now = self._clock()
        if not self._minutes or now - self._minutes[-1][0] >= _MINUTE:
            self._minutes.append((now, Counter()))
            self._forget(now)
        self._minutes[-1][1][channel, name] += 1

    def last_hour(self) -> Mapping[tuple[Channel, str], int]:
        """Sum up the attempts of the last hour, to the minute."""
        self._forget(self._clock())
        sums = Counter[tuple[Channel, str]]()
        for _, counted in self._minutes:
            sums.update(counted)
        return sums

    def _forget(self, now: dt.datetime) -> None:
        while self._minutes and now - self._minutes[0][0] >= HOUR:
            self._minutes.popleft()


@dataclass(frozen=True, slots=True)
class CountedSender:
    """A channel whose attempts are counted; requests for confirmation are none."""

    sender: Sender
    channel: Channel
    counts: AttemptCounts

    async def deliver(self, subscription: Subscription, event: CloudEvent) -> AttemptResult:
        """Make one attempt to deliver an event, and count it."""
        with tracing().step(f"deliver by {self.channel}"):
            result = await self.sender.deliver(subscription, event)
        self.counts.count(self.channel, result)
        return result

    async def request_confirmation(
        self, subscription: Subscription, token: str
    ) -> AttemptResult | Confirmed:
        """Ask once whether the subscription is wanted."""
        return await self.sender.request_confirmation(subscription, token)
