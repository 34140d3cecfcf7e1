"""`python -m benchmarks.cashier`: what an order costs the cashier."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from benchmarks.cashier.chart import draw
from benchmarks.cashier.run import (
    CUSTOMERS,
    SHARES,
    Found,
    Plan,
    Rounds,
    measure,
    median_cpu,
    ratio,
)
from benchmarks.section import Bound, Section, command

MOST_TIMES_BARE = 1.5
MOST_CPU_MS = 1.5

_REACHED = 2.5
"""Times a bare handler's, while the limit is not met, on a busy machine."""

_LONG = Plan(rounds=7, seconds=4, below_peak=True)
_SHORT = Plan(rounds=4, seconds=1.5, below_peak=False)
_CHART = Path("docs/performance/cashier.png")

_TEXT = """\
An order of two lines, under an idempotency key, with the cashier as it runs in a shop: checks,
limits, prices, metrics and its log. Beside it, in turns and with files and a stand-in for AWS of
its own, a handler of aiohttp that checks nothing: it writes a row of the same document into
SQLite, as durably and with all that wait, and makes the same batched calls by bare aiobotocore.
{customers} customers place one order after the other at the peak. CPU is that of the process
alone; times are from when an order was due, and the load shares the machine.

{table}
"""


async def _measure(short: bool, tell: Callable[[str], None]) -> Section:  # noqa: FBT001 - as Measure has it
    ours, bare = await measure(_SHORT if short else _LONG, tell)
    named = {"cashier": ours, "bare handler": bare}
    text = _TEXT.format(customers=CUSTOMERS, table="\n".join(_table(ours, bare)))
    if not short:
        draw(named, MOST_TIMES_BARE, "An order, beside a bare handler", _CHART)
        text += f"\n![CPU and time of an order]({_CHART.relative_to('docs')})\n"
    return Section("cashier", "Cashier", text, list(_bounds(ours, bare)))


def _bounds(ours: Found, bare: Found) -> Iterator[Bound]:
    yield Bound(
        what="cashier: CPU an order, beside a bare handler's",
        figure=ratio(ours.peak, bare.peak),
        limit=MOST_TIMES_BARE,
        reached=_REACHED,
        unit="times",
    )
    yield Bound(
        what="cashier: CPU an order",
        figure=ours.cpu_ms,
        limit=MOST_CPU_MS,
        unit="ms",
        absolute=True,
    )


def _table(ours: Found, bare: Found) -> Iterator[str]:
    yield "| | cashier | bare handler | ratio |"
    yield "| --- | --- | --- | --- |"
    yield _row("CPU an order at the peak, ms", ours.cpu_ms, bare.cpu_ms)
    yield _row("orders a second and core", 1000 / ours.cpu_ms, 1000 / bare.cpu_ms)
    yield _row("orders a second at the peak", ours.rate, bare.rate)
    yield _row("requests to SQS and SNS an order at the peak", ours.requests, bare.requests)
    for share in SHARES:
        if share in ours.below:
            yield from _rows_below_peak(
                f"{share:.0%} of its peak", ours.below[share], bare.below[share]
            )


def _rows_below_peak(load: str, ours: Rounds, bare: Rounds) -> Iterator[str]:
    yield _row(f"CPU an order at {load}, ms", median_cpu(ours), median_cpu(bare))
    for percent in (50, 99):
        times = (median(each.percentile(percent) for each in rounds) for rounds in (ours, bare))
        yield _row(f"p{percent} at {load}, ms", *times)


def _row(what: str, ours: float, bare: float) -> str:
    return f"| {what} | {_shown(ours)} | {_shown(bare)} | {ours / bare:.2f} |"


def _shown(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"  # noqa: PLR2004


if __name__ == "__main__":
    command(_measure, "Compare what an order costs the cashier with what a bare handler takes.")
