"""The notifier's part of docs/performance.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.notifier.deliveries import DeliveryCost
from benchmarks.notifier.fan_out import FanOutCost
from benchmarks.notifier.live import EVENTS, LiveCost
from benchmarks.notifier.subscribers import HOSTS
from benchmarks.section import Bound, Section

CHART = Path("docs/performance/notifier.png")

_MIB = 2**20

_MOST_CPU_MS = 1.0
_MOST_CPU_RATIO = 2.0
_MOST_REQUESTS_PER_EVENT = 1.0
_REACHED_REQUESTS = 1.2
"""In a short run, whose first events come one by one."""
_MOST_REQUESTS_PER_DELIVERY = 0.6


def section(
    live: Sequence[LiveCost], delivery: DeliveryCost, fan_out: FanOutCost, rate: float
) -> Section:
    """Write what was found, and what is bound."""
    text = "\n\n".join([_live(live, rate), _delivery(delivery), _fan_out(fan_out)])
    return Section("notifier", "Notifier", text, bounds(live, delivery))


def bounds(live: Sequence[LiveCost], delivery: DeliveryCost) -> Sequence[Bound]:
    """Compare the figures with their limits; ratios are of the most streams and of the fewest."""
    few, many = live[0], live[-1]
    return [
        *(
            Bound(
                what=f"CPU a live event, {each.streams:,} streams",
                figure=each.cpu * 1000,
                limit=_MOST_CPU_MS,
                unit="ms",
                absolute=True,
            )
            for each in live
        ),
        Bound(
            what=f"CPU a live event, {many.streams:,} streams against {few.streams:,}",
            figure=many.cpu / few.cpu,
            limit=_MOST_CPU_RATIO,
            unit="times",
        ),
        Bound(
            what="requests to SQS a live event, both queues",
            figure=max(each.requests for each in live),
            limit=_MOST_REQUESTS_PER_EVENT,
            reached=_REACHED_REQUESTS,
        ),
        Bound(
            what="requests to SQS a delivery",
            figure=delivery.requests,
            limit=_MOST_REQUESTS_PER_DELIVERY,
        ),
    ]


_LIVE = f"""\
A notifier, a process of its own, with {{rate:g}} orders a second, each announced as placed,
preparing, ready and collected: {EVENTS} live events. One stream in a hundred is a screen that shows
the board; each other one is a customer's, who follows one order, and the first orders that are
placed are those that somebody follows. CPU is that of the process, for the streams and for the
fan-out, beyond what it takes without events: heartbeats go to every stream every two seconds,
whether there are events or not. That is shown, too, and so is all CPU at this rate by events.

| streams | screens | written to | CPU an event | an order | in all | SQS requests | idle |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


def _live(live: Sequence[LiveCost], rate: float) -> str:
    rows = [
        f"| {each.streams:,} | {each.screens} | {each.written:.1f} | {each.cpu * 1000:.2f} ms |"
        f" {each.cpu * EVENTS * 1000:.1f} ms | {each.all_cpu * 1000:.2f} ms | {each.requests:.2f} |"
        f" {each.idle:.1%} of a core |"
        for each in live
    ]
    table = _LIVE.format(rate=rate) + "\n".join(rows)
    return f"{table}\n\n![CPU a live event](performance/{CHART.name})"


def _delivery(cost: DeliveryCost) -> str:
    return (
        f"**Deliveries**: {1 / cost.cpu:,.0f} in a second of one core's CPU"
        f" ({cost.cpu * 1000:.2f} ms each) with {cost.requests:.2f} requests to SQS each, of"
        f" {cost.deliveries:,} to {cost.subscribers} webhooks on {HOSTS} hosts that accept at once,"
        " the fan-out included."
    )


def _fan_out(cost: FanOutCost) -> str:
    return (
        f"**One issue to {cost.subscribers:,} subscribers** takes {cost.seconds:.0f} s and"
        f" {cost.cpu:.0f} s of CPU, and {cost.memory / _MIB:.0f} MiB of memory. Another topic's"
        f" single subscriber waits {cost.alone * 1000:.0f} ms for an issue before, and"
        f" {max(cost.waits):.1f} s at most meanwhile, of {len(cost.waits)} times."
    )
