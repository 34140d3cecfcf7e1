"""`python -m benchmarks.barista`: CPU time of an order, in a worker and in a bare loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.barista.chart import draw
from benchmarks.barista.run import AS_BY_DEFAULT, BARE, BARISTA, Cost, Program, run
from benchmarks.machine import described
from benchmarks.section import Bound, Section, command
from shared.runtime.logging import configure_logging
from shared.runtime.settings import LogFormat

_ORDERS, _ROUNDS = 3000, 5
_SHORT_ORDERS, _SHORT_ROUNDS = 700, 3
_TIMES_BARE = 1.5
_MOST_MS = 1.2

_CHART = Path("docs/performance/barista.png")


async def measure(short: bool, told: Callable[[str], None]) -> Section:  # noqa: FBT001
    """Have both make backlogs by turns, and compare the medians."""
    orders, rounds = (_SHORT_ORDERS, _SHORT_ROUNDS) if short else (_ORDERS, _ROUNDS)
    programs = (BARISTA, BARE) if short else (BARISTA, BARE, *AS_BY_DEFAULT)
    costs = await _by_turns(programs, orders, rounds, told)
    if not short:
        _draw(costs, orders)
    return _section(costs, orders, rounds)


async def _by_turns(
    programs: Sequence[Program], orders: int, rounds: int, told: Callable[[str], None]
) -> Mapping[Program, Sequence[Cost]]:
    costs: dict[Program, list[Cost]] = {program: [] for program in programs}
    for number in range(1, rounds + 1):
        for program, runs in costs.items():
            told(f"{program}, round {number} of {rounds}")
            runs.append(await run(program, orders))
    return costs


def _draw(costs: Mapping[Program, Sequence[Cost]], orders: int) -> None:
    shown = {str(program): [run.cpu for run in runs] for program, runs in costs.items()}
    bound = _TIMES_BARE * median(run.cpu for run in costs[BARE])
    draw(shown, bound, f"{orders:,} orders; {described()}", _CHART)


def _section(costs: Mapping[Program, Sequence[Cost]], orders: int, rounds: int) -> Section:
    cpu = {program: median(run.cpu for run in runs) for program, runs in costs.items()}
    rows = [
        f"| {program} | {cpu[program]:.2f} ms | {1000 / cpu[program]:,.0f} |"
        f" {1000 / median(run.wall for run in runs):,.0f} |"
        f" {median(run.requests for run in runs):.2f} |"
        for program, runs in costs.items()
    ]
    text = f"""
`python -m benchmarks.barista`, on {described()}: a backlog of {orders:,} placed orders without
time of preparation, each claimed, announced, completed, announced, and its ticket deleted. The
bare loop does that with `sqlite3`, `json` and aiobotocore alone, up to ten at a time, as durably.
Both have an SQS and an SNS on loopback that cost little. Only the program's own CPU time counts:
medians of {rounds} runs of each, by turns.

| program | CPU an order | orders/s a core | orders/s here | requests an order |
| --- | --- | --- | --- | --- |
{chr(10).join(rows)}

![CPU time of an order](performance/{_CHART.name})
"""
    return Section(
        "barista",
        "Barista",
        text,
        [
            Bound(
                what=f"{BARISTA}: CPU an order, in that of the bare loop",
                figure=cpu[BARISTA] / cpu[BARE],
                limit=_TIMES_BARE,
            ),
            Bound(
                what=f"{BARISTA}: CPU an order",
                figure=cpu[BARISTA],
                limit=_MOST_MS,
                unit="ms",
                absolute=True,
            ),
        ],
    )


if __name__ == "__main__":
    configure_logging("benchmark", LogFormat.AUTO, "WARNING", 64)
    command(measure, __doc__ or "")
