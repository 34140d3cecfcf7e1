"""Opens a shop by `make run`, this one's or another commit's, and places a load at it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.end_to_end.generator import BEGUN, ENDED, Load, Placed
from benchmarks.make_run import ROOT, MadeRun, make_run, until_open

_ROLES = {
    "shop.processes.emulator": "emulator",
    "shop.processes.counter": "counter",
    "worker": "barista",
}
"""Names of the shop's children, by the module that they run; all others are the supervisor's."""

MORE_SECONDS = 600.0
"""How long a load may take beside its time: to fill a queue, and until the last order is ready."""

_LONGEST_LINE = 2**26


@dataclass(frozen=True, slots=True)
class Loaded:
    """A load that was placed, and what an order took: milliseconds of CPU of each process.

    Both are of the time in which the generator counted.
    """

    placed: Placed
    cpu_ms: Mapping[str, float]

    @property
    def rate(self) -> float:
        """Orders that became ready, in a second."""
        return self.placed.ready / self.placed.seconds

    @property
    def all_cpu_ms(self) -> float:
        """The CPU time of an order in all of the shop, without the load's own."""
        return sum(self.cpu_ms.values())


class LoadError(Exception):
    """The load could not be placed, or an order was lost."""


@dataclass(frozen=True, slots=True)
class OpenShop:
    """An open shop, its owner's key, and the folder of its state."""

    made: MadeRun
    key: str
    folder: Path

    async def load(
        self, seconds: float, when: Callable[[], Awaitable[None]] | None = None, **how: Any
    ) -> Loaded:
        """Place orders, `how` as in `Load`.

        `when` is called when the generator begins to count, and when it ends.
        Raises LoadError if some that were acknowledged did not become ready until the end.
        """
        when = when or _nothing
        load = Load(url=self.made.url, key=self.key, seconds=seconds, **how)
        async with _generator(load) as lines:
            await _expect(lines, BEGUN)
            await when()
            before = self._cpu_seconds()
            await _expect(lines, ENDED)
            after = self._cpu_seconds()
            await when()
            placed = Placed(**json.loads(await lines.readline()))
        if not placed.ready or (load.to_the_end and placed.unseen):
            raise LoadError(f"{placed.ready} orders became ready, and {placed.unseen} did not")
        spent = {name: after[name] - before.get(name, 0.0) for name in after}
        return Loaded(placed, {name: 1000 * spent[name] / placed.ready for name in spent})

    def _cpu_seconds(self) -> Mapping[str, float]:
        spent: dict[str, float] = {}
        for process in self.made.processes():
            times = process.cpu_times()
            name = next((_ROLES[w] for w in process.cmdline() if w in _ROLES), "supervisor")
            spent[name] = spent.get(name, 0.0) + times.user + times.system
        return spent


async def _nothing() -> None:
    pass


async def _expect(lines: asyncio.StreamReader, line: str) -> None:
    if (found := (await lines.readline()).decode().strip()) != line:
        raise LoadError(f"the load generator has failed: {found}")


@contextlib.asynccontextmanager
async def _generator(load: Load) -> AsyncIterator[asyncio.StreamReader]:
    """Start the generator, and give the lines that it writes."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.end_to_end.generator"),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the generator is spoken to through pipes")
    try:
        process.stdin.write(json.dumps(asdict(load)).encode())
        process.stdin.close()
        async with asyncio.timeout(load.seconds + MORE_SECONDS):
            yield process.stdout
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def open_shop(root: Path = ROOT, **variables: str) -> AsyncIterator[OpenShop]:
    """Open a new shop with one barista, which does not wait for the drinks."""
    key = secrets.token_urlsafe()
    with tempfile.TemporaryDirectory(prefix="end-to-end-") as parent:
        folder = Path(parent, "var")
        given = {
            "COFFEE_STAFF_KEY": key,
            "COFFEE_BREW_SPEED": "0",
            "COFFEE_BARISTAS": "1",
            **variables,
        }
        async with make_run(folder, given, root) as made:
            await until_open(made)
            yield OpenShop(made, key, folder)


def percentiles(seconds: Sequence[float], percents: Sequence[int]) -> Sequence[float]:
    """Return percentiles in milliseconds; there is at least one time."""
    ordered = sorted(seconds)
    return [1000 * ordered[min(len(ordered) - 1, len(ordered) * p // 100)] for p in percents]
