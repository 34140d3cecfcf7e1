"""`python -m benchmarks.end_to_end`: how many orders the whole shop takes.

The variable `BEFORE` names the commit that it is compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.commit import checked_out, commit_before
from benchmarks.end_to_end.chart import draw
from benchmarks.end_to_end.run import Loaded, open_shop, percentiles
from benchmarks.end_to_end.wake_up import wake_up_seconds
from benchmarks.make_run import ROOT
from benchmarks.section import Bound, Section, command

LEAST_TIMES_BEFORE = 3.0
MOST_MS_OVER_WAKE_UP = 15.0
SHARES = (0.1, 0.5, 0.9)
IDLE_RATE = 2.0
"""Orders in a second of a shop that is idle between them."""

_PERCENTS = (50, 95, 99)
_CHART = Path("docs/performance/end_to_end.png")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """How many times each commit's shop is loaded, and for how many seconds each load lasts."""

    rounds: int
    seconds: float
    below_seconds: float


_LONG = _Plan(rounds=2, seconds=60, below_seconds=15)
_SHORT = _Plan(rounds=1, seconds=10, below_seconds=8)

Rounds = Mapping[str, Sequence[Loaded]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Below:
    """The loads below the peak, by their names, and the emulator's wake-up in milliseconds."""

    loads: Mapping[str, Loaded]
    wake_up_ms: float

    @property
    def idle_ms(self) -> float:
        """The median from the request to ready, of an order in an idle shop."""
        return percentiles(self.loads["idle"].placed.to_ready, [50])[0]


async def _measure(short: bool, tell: Callable[[str], None]) -> Section:  # noqa: FBT001 - as Measure has it
    plan = _SHORT if short else _LONG
    before = commit_before()
    tell(f"end_to_end: the environment of {before}")
    roots = {before: await checked_out(before), "now": ROOT}
    rounds: dict[str, list[Loaded]] = {name: [] for name in roots}
    for number in range(1, 1 + plan.rounds):
        for name, root in roots.items():
            tell(f"end_to_end: {name}, round {number} of {plan.rounds}")
            async with open_shop(root) as shop:
                rounds[name].append(await shop.load(plan.seconds))
    below = await _below(plan, median(each.rate for each in rounds["now"]), tell)
    text = _text(plan, rounds, below)
    if not short:
        draw(rounds, below.loads, "Orders from placing to ready, in the whole shop", _CHART)
        text += f"\n\n![Orders a second, CPU and time]({_CHART.relative_to('docs')})"
    return Section("end_to_end", "End to end", text, [*bounds(rounds, below)])


async def _below(plan: _Plan, peak: float, tell: Callable[[str], None]) -> Below:
    rates = {"idle": IDLE_RATE, **{f"{share:.0%}": share * peak for share in SHARES}}
    loads = {}
    async with open_shop() as shop:
        tell("end_to_end: the emulator's wake-up")
        wake_up = await wake_up_seconds(shop.folder)
        for name, rate in rates.items():
            tell(f"end_to_end: {name}, {rate:.0f} orders/s")
            loads[name] = await shop.load(plan.below_seconds, rate=rate)
    return Below(loads=loads, wake_up_ms=1000 * wake_up)


def bounds(rounds: Rounds, below: Below) -> Iterator[Bound]:
    """Compare the peak with that of the commit before, and an idle shop with the wake-up."""
    before, now = (median(each.rate for each in loads) for loads in rounds.values())
    yield Bound(
        what="end to end: orders a second, beside the commit before",
        figure=now / before,
        limit=LEAST_TIMES_BEFORE,
        unit="times",
        at_least=True,
    )
    yield Bound(
        what="idle shop: order to ready, over the emulator's wake-up",
        figure=below.idle_ms - below.wake_up_ms,
        limit=MOST_MS_OVER_WAKE_UP,
        unit="ms",
        absolute=True,
    )


_TEXT = """\
Shops as `make run` opens them, with the embedded emulator, one barista and `COFFEE_BREW_SPEED=0`,
in turns: {before}, and what is here. The load generator runs on the same cores. At the peak 64
orders are on their way, for {seconds:.0f} s a round; {rounds} round(s), medians.

{peak}

Below the peak, orders come evenly, {below_seconds:.0f} s for each load. Times are from when an
order was due: to the answer of its placing, and to its event on the live stream that it is ready.
`idle` is {idle:g} orders a second. The emulator's own wake-up, from sending a message to the end
of a bare client's long poll, took {wake_up:.1f} ms in the same shop.

{times}"""


def _text(plan: _Plan, rounds: Rounds, below: Below) -> str:
    return _TEXT.format(
        before=next(iter(rounds)),
        seconds=plan.seconds,
        rounds=plan.rounds,
        below_seconds=plan.below_seconds,
        idle=IDLE_RATE,
        wake_up=below.wake_up_ms,
        peak="\n".join(_peak_table(rounds)),
        times="\n".join(_times_table(below)),
    )


def _peak_table(rounds: Rounds) -> Iterator[str]:
    before, now = rounds.values()
    yield f"| at the peak | {' | '.join(rounds)} | ratio |"
    yield "| --- | --- | --- | --- |"
    yield _row("orders a second", *(median(one.rate for one in each) for each in (before, now)))
    for process in now[0].cpu_ms:
        spent = (median(one.cpu_ms[process] for one in each) for each in (before, now))
        yield _row(f"CPU an order, {process}, ms", *spent)
    yield _row(
        "CPU an order, all, ms", *(median(one.all_cpu_ms for one in e) for e in (before, now))
    )
    for percent in (50, 99):
        took = [
            median(percentiles(one.placed.to_ready, [percent])[0] for one in each)
            for each in (before, now)
        ]
        yield _row(f"from the request to ready, p{percent}, ms", *took)


def _row(what: str, before: float, now: float) -> str:
    return f"| {what} | {before:.3g} | {now:.3g} | {now / before:.2f} |"


def _times_table(below: Below) -> Iterator[str]:
    names = [f"p{percent}" for percent in _PERCENTS]
    heads = [*(f"placing {name}" for name in names), *(f"to ready {name}" for name in names)]
    yield f"| load | orders a second | {' | '.join(heads)} |"
    yield "| --- " * (2 + len(heads)) + "|"
    for name, loaded in below.loads.items():
        times = [
            *percentiles(loaded.placed.placing, _PERCENTS),
            *percentiles(loaded.placed.to_ready, _PERCENTS),
        ]
        shown = " | ".join(f"{ms:.1f} ms" for ms in times)
        yield f"| {name} | {loaded.rate:.0f} | {shown} |"


if __name__ == "__main__":
    command(_measure, "Compare how many orders the shop takes with the commit before.")
