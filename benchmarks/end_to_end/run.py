"""Opens a shop by `make run`, this one's or another commit's, and places a load at it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.end_to_end.generator import Load, Placed
from benchmarks.make_run import ROOT, MadeRun, make_run, until_open

_ROLES = {
    "shop.processes.emulator": "emulator",
    "shop.processes.counter": "counter",
    "worker": "barista",
}
"""Names of the shop's children, by the module that they run; all others are the supervisor's."""

MORE_SECONDS = 90.0
"""How long after its time a load may take to begin and to end."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A load that was placed, and the milliseconds of CPU an order of each process."""

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

    async def load(self, seconds: float, rate: float | None = None, population: int = 64) -> Loaded:
        """Place orders; raises LoadError unless all that were acknowledged became ready."""
        load = Load(
            url=self.made.url, key=self.key, seconds=seconds, rate=rate, population=population
        )
        before = self._cpu_seconds()
        placed = await _generated(load)
        after = self._cpu_seconds()
        if placed.unseen or not placed.ready:
            raise LoadError(f"{placed.unseen} of {placed.orders} orders did not become ready")
        spent = {name: after[name] - before.get(name, 0.0) for name in after}
        return Loaded(placed, {name: 1000 * spent[name] / placed.orders for name in spent})

    def _cpu_seconds(self) -> Mapping[str, float]:
        spent: dict[str, float] = {}
        for process in self.made.processes():
            times = process.cpu_times()
            name = next((_ROLES[w] for w in process.cmdline() if w in _ROLES), "supervisor")
            spent[name] = spent.get(name, 0.0) + times.user + times.system
        return spent


async def _generated(load: Load) -> Placed:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.end_to_end.generator"),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(load.seconds + MORE_SECONDS):
            output, _ = await process.communicate(json.dumps(asdict(load)).encode())
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    if process.returncode:
        raise LoadError("the load generator has failed")
    return Placed(**json.loads(output))


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
