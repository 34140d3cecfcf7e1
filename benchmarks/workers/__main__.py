"""`python -m benchmarks.workers`: more baristas, and more orders that wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.section import Bound, Section, command
from benchmarks.workers.chart import draw
from benchmarks.workers.run import SLOTS, Waiting, of_linear, with_backlog, with_baristas

BARISTAS = (1, 2, 4)
LEAST_OF_LINEAR = 0.95
MOST_TIMES_FEW_WAITING = 1.2

_BACKLOG_PREP_SECONDS = 0.1
"""So that one barista's slots, and not the CPU, decide how fast the orders are made."""

_CHART = Path("docs/performance/workers.png")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """How long a drink takes where its preparation dominates, how long loads last, what waits."""

    prep_seconds: float
    seconds: float
    fast_seconds: float
    backlogs: tuple[int, ...]
    backlog_seconds: float


_LONG = _Plan(
    prep_seconds=3,
    seconds=30,
    fast_seconds=10,
    backlogs=(100, 1_000, 10_000),
    backlog_seconds=20,
)
_SHORT = _Plan(
    prep_seconds=2, seconds=20, fast_seconds=5, backlogs=(100, 1_000), backlog_seconds=10
)

Rates = Mapping[int, float]


async def _measure(short: bool, tell: Callable[[str], None]) -> Section:  # noqa: FBT001 - as Measure has it
    plan = _SHORT if short else _LONG
    slow, fast, waiting = {}, {}, {}
    for number in BARISTAS:
        tell(f"workers: {number}, {plan.prep_seconds:g} s a drink")
        slow[number] = (await with_baristas(number, plan.prep_seconds, plan.seconds)).rate
        tell(f"workers: {number}, nothing to wait for")
        fast[number] = (await with_baristas(number, 0, plan.fast_seconds)).rate
    for backlog in plan.backlogs:
        tell(f"workers: one, {backlog} orders wait")
        waiting[backlog] = await with_backlog(backlog, _BACKLOG_PREP_SECONDS, plan.backlog_seconds)
    text = _text(plan, slow, fast, waiting)
    if not short:
        names = {f"{plan.prep_seconds:g} s a drink": slow, "no time a drink": fast}
        draw(names, waiting, _CHART)
        text += f"\n\n![Orders a second, and CPU of an order]({_CHART.relative_to('docs')})"
    return Section("workers", "Scaling", text, [*bounds(slow, waiting)])


def bounds(slow: Rates, waiting: Mapping[int, Waiting]) -> Iterator[Bound]:
    """Compare four baristas with one, and the longest backlog with the shortest."""
    few, *_, many = waiting
    yield Bound(
        what="scaling: 4 baristas, of 4 times one, when preparation dominates",
        figure=of_linear(slow)[4],
        limit=LEAST_OF_LINEAR,
        unit="of linear",
        at_least=True,
    )
    yield Bound(
        what=f"scaling: CPU an order with {many:,} waiting, beside {few:,}",
        figure=waiting[many].cpu_ms / waiting[few].cpu_ms,
        limit=MOST_TIMES_FEW_WAITING,
        unit="times",
    )
    yield Bound(
        what=f"scaling: requests an order with {many:,} waiting, beside {few:,}",
        figure=waiting[many].requests / waiting[few].requests,
        limit=MOST_TIMES_FEW_WAITING,
        unit="times",
    )


_TEXT = """\
A shop as `make run` opens it, with 1, 2 and 4 baristas that make {slots} orders each at once, and
always more orders on their way than they can make. Where a drink takes {prep:g} s, it is the slots
that limit them, {seconds:.0f} s each; where it takes no time, it is this machine's cores, which
generator, counter and emulator share, {fast_seconds:.0f} s each.

{rates}

What an order costs one barista and the counter while others wait, {backlog_seconds:.0f} s each.
Each drink takes {backlog_prep:g} s, and for each order that is ready another one is placed. The
emulator is not AWS, and not ours; it is shown for what it adds here.

{costs}"""


def _text(plan: _Plan, slow: Rates, fast: Rates, waiting: Mapping[int, Waiting]) -> str:
    return _TEXT.format(
        slots=SLOTS,
        prep=plan.prep_seconds,
        seconds=plan.seconds,
        fast_seconds=plan.fast_seconds,
        rates="\n".join(_rates_table(plan, slow, fast)),
        backlog_seconds=plan.backlog_seconds,
        backlog_prep=_BACKLOG_PREP_SECONDS,
        costs="\n".join(_costs_table(waiting)),
    )


def _rates_table(plan: _Plan, slow: Rates, fast: Rates) -> Iterator[str]:
    yield "| baristas | orders/s, slots limit | of linear | of all slots | orders/s, cores limit |"
    yield "| --- | --- | --- | --- | --- |"
    for number, part in of_linear(slow).items():
        most = number * SLOTS / plan.prep_seconds
        yield (
            f"| {number} | {slow[number]:.2f} | {part:.3f} | {slow[number] / most:.3f} |"
            f" {fast[number]:.0f} |"
        )


def _costs_table(waiting: Mapping[int, Waiting]) -> Iterator[str]:
    heads = ("counter, CPU ms", "barista, CPU ms", "requests", "emulator, CPU ms")
    yield f"| orders that wait | orders/s | {' | '.join(heads)} |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for number, each in waiting.items():
        cpu = each.loaded.cpu_ms
        yield (
            f"| {number:,} | {each.loaded.rate:.1f} | {cpu['counter']:.2f} | {cpu['barista']:.2f} |"
            f" {each.requests:.2f} | {cpu['emulator']:.2f} |"
        )


if __name__ == "__main__":
    command(_measure, "Measure how throughput grows with the baristas, and the cost of a backlog.")
