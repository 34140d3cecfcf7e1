"""`python -m benchmarks.idle`: what a shop costs that is open and that nobody visits."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.commit import checked_out, commit_before
from benchmarks.idle.floor import floor
from benchmarks.idle.processes import Use, used
from benchmarks.idle.requests import requests
from benchmarks.make_run import MadeRun, make_run, until_open
from benchmarks.section import Bound, Section, command

MOST_CPU_PERCENT, MOST_MEMORY_MB, MOST_REQUESTS_AN_HOUR = 0.7, 250, 7_000
SETTLE_SECONDS, SECONDS = 30.0, 90.0
SHORT_SETTLE_SECONDS, SHORT_SECONDS = 20.0, 40.0
HOUR = 3600
MB = 1e6


async def measure(short: bool, tell: Callable[[str], None]) -> Section:  # noqa: FBT001 - as `Measure` says
    """Open a shop as `make run` does, let it settle, and watch it; then count its requests."""
    settle = SHORT_SETTLE_SECONDS if short else SETTLE_SECONDS
    seconds = SHORT_SECONDS if short else SECONDS
    commit = commit_before()
    tell(f"idle: the environment of {commit}")
    root = await checked_out(commit)
    with tempfile.TemporaryDirectory(prefix="idle-") as folder:
        async with make_run(Path(folder, "before"), root=root) as shop:
            tell(f"idle: {commit}, {settle + seconds:.0f} s")
            before = replace(total_of(await _settled(shop, settle, seconds)), name=f"all, {commit}")
        async with make_run(Path(folder, "var")) as shop:
            tell(f"idle: CPU time and memory, {settle + seconds:.0f} s")
            uses = await _settled(shop, settle, seconds)
        tell(f"idle: requests, {seconds:.0f} s")
        counts = await requests(Path(folder, "counted"), settle, seconds)
    tell(f"idle: a process that does nothing, {seconds:.0f} s")
    nothing = await floor(total_of(uses).wakes, seconds)
    return section(uses, before, nothing, counts, seconds)


async def _settled(shop: MadeRun, settle: float, seconds: float) -> Sequence[Use]:
    await until_open(shop)
    await asyncio.sleep(settle)
    return await used(shop.processes(), seconds)


def section(
    uses: Sequence[Use],
    before: Use,
    nothing: float,
    counts: Mapping[tuple[str, str], int],
    seconds: float,
) -> Section:
    """Write down what was measured for so long, and the CPU of doing `nothing` as often."""
    total = total_of(uses)
    an_hour = sum(counts.values()) / seconds * HOUR
    return Section(
        "idle",
        "Idle",
        f"{_INTRODUCTION.format(seconds=seconds)}\n\n{_uses_table([*uses, total, before])}\n\n"
        f"{_FLOOR.format(nothing=nothing, ratio=total.cpu / before.cpu)}\n\n"
        f"{_REQUESTS}\n\n{_requests_table(counts, seconds)}",
        [
            Bound(
                what="CPU of an idle shop",
                figure=total.cpu * 100,
                limit=MOST_CPU_PERCENT,
                unit="%",
                absolute=True,
            ),
            Bound(
                what="memory of an idle shop",
                figure=total.pss / MB,
                limit=MOST_MEMORY_MB,
                unit="MB",
                absolute=True,
            ),
            Bound(
                what="requests of an idle shop an hour",
                figure=an_hour,
                limit=MOST_REQUESTS_AN_HOUR,
            ),
        ],
    )


_INTRODUCTION = """\
A shop as `make run` opens it, with its emulator and one barista, which nobody visits and where no
photo waits: {seconds:.0f} s, once it has settled. CPU is a part of one core. PSS counts a page of
memory that several processes share once among them, RSS once in each of them; the bound goes by
PSS, which is what the shop takes from the machine. A wake-up is a time that a thread began to
run."""

_FLOOR = """\
That is {ratio:.2f} times the CPU of the commit before, one after the other. A single Python process
that only wakes as often as all of these together, and does nothing, took {nothing:.2%} on this
machine."""

_REQUESTS = """\
Its requests to SQS and SNS, counted on the wire of a second shop whose emulator stands alone:"""


def total_of(uses: Sequence[Use]) -> Use:
    """Add up processes."""
    return Use(
        name="all",
        cpu=sum(use.cpu for use in uses),
        wakes=sum(use.wakes for use in uses),
        pss=sum(use.pss for use in uses),
        rss=sum(use.rss for use in uses),
        threads=sum(use.threads for use in uses),
    )


def _uses_table(uses: Sequence[Use]) -> str:
    rows = [
        f"| {use.name} | {use.cpu:.2%} | {use.wakes:.1f} | {use.pss / MB:.0f} MB |"
        f" {use.rss / MB:.0f} MB | {use.threads} |"
        for use in uses
    ]
    head = "| process | CPU | wake-ups a second | PSS | RSS | threads |"
    return "\n".join([head, "| --- | --- | --- | --- | --- | --- |", *rows])


def _requests_table(counts: Mapping[tuple[str, str], int], seconds: float) -> str:
    rows = [
        f"| {action} | {queue or '-'} | {count / seconds * HOUR:,.0f} |"
        for (action, queue), count in sorted(counts.items(), key=lambda each: -each[1])
    ]
    return "\n".join(["| request | queue | an hour |", "| --- | --- | --- |", *rows])


if __name__ == "__main__":
    command(measure, measure.__doc__ or "")
