"""Attempts to deliver are counted by channel and result, in total and for the last hour."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from notifier.channels.channel import Accepted, LocalFailure, PermanentFailure, TransientFailure
from notifier.deliveries.attempts import AttemptCounts
from shared.domain.subscription import Channel

START = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


@dataclass
class Clock:
    now: dt.datetime = START

    def __call__(self) -> dt.datetime:
        return self.now


def test_attempts_of_the_last_hour_are_counted_by_channel_and_result() -> None:
    clock, registry = Clock(), CollectorRegistry()
    counts = AttemptCounts(registry, clock)
    for result in (Accepted(), Accepted(), TransientFailure("slow"), PermanentFailure("gone")):
        counts.count(Channel.WEBHOOK, result)
    clock.now += 30 * MINUTE
    counts.count(Channel.EMAIL, LocalFailure("no mail server"))
    assert counts.last_hour() == {
        (Channel.WEBHOOK, "accepted"): 2,
        (Channel.WEBHOOK, "failed"): 1,
        (Channel.WEBHOOK, "refused"): 1,
        (Channel.EMAIL, "unsent"): 1,
    }
    clock.now = START + 60 * MINUTE
    assert counts.last_hour() == {(Channel.EMAIL, "unsent"): 1}
    name, labels = (
        "coffeeshop_delivery_attempts_total",
        {"channel": "webhook", "result": "accepted"},
    )
    assert registry.get_sample_value(name, labels) == 2
