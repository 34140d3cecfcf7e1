"""Runs of a program on a backlog of its own, with the CPU time that an order takes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from benchmarks.barista.backlog import Backlog, placed


@dataclass(frozen=True, slots=True)
class Program:
    """A module that makes orders, so many at once."""

    name: str
    module: str
    concurrency: int

    def __str__(self) -> str:
        return f"{self.name}, {self.concurrency} in hand"


BARISTA, BARE = (
    Program("barista", "worker", 40),
    Program("bare loop", "benchmarks.barista.bare", 40),
)
"""Those that are compared."""

AS_BY_DEFAULT = (replace(BARISTA, concurrency=4), replace(BARE, concurrency=4))
"""The same with as few orders in hand as a worker has unless it is told otherwise."""

_WARM_UP = 0.15
"""The part of a backlog that is not measured: a process that has just started learns."""

_SECONDS = 120
"""How long a run may take."""

_STOP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Cost:
    """What an order took: milliseconds of the program's CPU time and of the wall's, requests."""

    cpu: float
    wall: float
    requests: float


async def run(program: Program, orders: int) -> Cost:
    """Have a program make a backlog of orders."""
    with tempfile.TemporaryDirectory(prefix="barista-") as folder:
        async with (
            asyncio.timeout(_SECONDS),
            placed(Path(folder), orders) as backlog,
            _running(program, backlog) as process,
        ):
            return await _cost(process, backlog)


async def _cost(process: psutil.Process, backlog: Backlog) -> Cost:
    warm = await backlog.until_ready(int(backlog.orders * _WARM_UP))
    cpu, wall = _cpu_seconds(process), time.monotonic()
    await backlog.until_done()
    orders = backlog.orders - warm
    return Cost(
        cpu=1000 * (_cpu_seconds(process) - cpu) / orders,
        wall=1000 * (time.monotonic() - wall) / orders,
        requests=backlog.requests / backlog.orders,
    )


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextlib.asynccontextmanager
async def _running(program: Program, backlog: Backlog) -> AsyncIterator[psutil.Process]:
    log = backlog.folder / "program.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", program.module),
            env=_environment(program, backlog),
            stderr=output,
        )
    measured = psutil.Process(process.pid)
    try:
        yield measured
        if process.returncode is not None:
            raise RuntimeError(f"the {program} has ended: {log.read_text()[-2000:]}")
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()


def _environment(program: Program, backlog: Backlog) -> Mapping[str, str]:
    return {
        **os.environ,
        "COFFEE_AWS_ENDPOINT_URL": backlog.aws.url,
        "COFFEE_STATE_DIR": str(backlog.folder),
        "COFFEE_WORKER_CONCURRENCY": str(program.concurrency),
        "COFFEE_BREW_SPEED": "0",
    }
