"""Runs of a program on a backlog of its own, with the CPU time that an order takes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.barista.backlog import Backlog, placed

CONCURRENCY = 40
"""How many orders are in hand at once."""

BARISTA, BARE = "worker", "benchmarks.barista.bare"
"""The modules that are measured."""

_WARM_UP = 0.15
"""The part of a backlog that is not measured: a process that has just started learns."""

_SECONDS = 300
"""How long a run may take."""

_STOP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Cost:
    """What an order took: milliseconds of CPU time in the program, and of the wall's clock."""

    cpu: float
    wall: float


@dataclass(frozen=True, slots=True)
class Bench:
    """Programs to run, one after the other, against the SQS and SNS of an endpoint."""

    endpoint: str
    orders: int

    async def run(self, module: str, number: int) -> Cost:
        """Have a program make a backlog of orders; the `number` tells runs apart."""
        with tempfile.TemporaryDirectory(prefix="barista-") as folder:
            prefix = f"{module.rpartition('.')[2]}-{number}-"
            async with (
                asyncio.timeout(_SECONDS),
                placed(self.endpoint, prefix, Path(folder), self.orders) as backlog,
                _running(module, backlog) as process,
            ):
                return await _cost(process, backlog)


async def _cost(process: psutil.Process, backlog: Backlog) -> Cost:
    warm = await backlog.until_ready(int(backlog.orders * _WARM_UP))
    cpu, wall = _cpu_seconds(process), time.monotonic()
    await backlog.until_ready(backlog.orders)
    made = time.monotonic()
    await backlog.until_done()
    orders = backlog.orders - warm
    return Cost(1000 * (_cpu_seconds(process) - cpu) / orders, 1000 * (made - wall) / orders)


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextlib.asynccontextmanager
async def _running(module: str, backlog: Backlog) -> AsyncIterator[psutil.Process]:
    log = backlog.settings.state_dir / "program.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, env=_environment(backlog), stderr=output
        )
    measured = psutil.Process(process.pid)
    try:
        yield measured
        if process.returncode is not None:
            raise RuntimeError(f"{module} has ended: {log.read_text()[-2000:]}")
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()


def _environment(backlog: Backlog) -> Mapping[str, str]:
    settings = backlog.settings
    return {
        **os.environ,
        "COFFEE_AWS_ENDPOINT_URL": settings.aws_endpoint_url or "",
        "COFFEE_AWS_ACCESS_KEY_ID": settings.aws_access_key_id or "",
        "COFFEE_AWS_SECRET_ACCESS_KEY": settings.aws_secret_access_key or "",
        "COFFEE_NAME_PREFIX": settings.name_prefix,
        "COFFEE_STATE_DIR": str(settings.state_dir),
        "COFFEE_WORKER_CONCURRENCY": str(CONCURRENCY),
        "COFFEE_BREW_SPEED": "0",
    }
