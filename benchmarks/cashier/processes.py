"""The processes of a run: the cashier, the bare handler, the stand-in for AWS, and the load."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil

from benchmarks.cashier.load import Loaded
from tests.support.emulator import free_port
from tests.support.waiting import until

_SECONDS = 20.0
_CASHIER = {
    "COFFEE_LOG_FORMAT": "json",
    "COFFEE_ORDERS_PER_MINUTE": "1000000",
    "COFFEE_REQUESTS_PER_SECOND": "1000000",
    "COFFEE_BACKLOG_LIMIT": "1000000000",
    "COFFEE_RECONCILE_SECONDS": "3600",
    "COFFEE_OPENING_PHOTOS": "off",
    "COFFEE_AWS_ACCESS_KEY_ID": "test",
    "COFFEE_AWS_SECRET_ACCESS_KEY": "test",
}
"""Nobody makes the orders, so that there is nothing to reconcile: all else is as in a shop."""


@dataclass(frozen=True, slots=True)
class Server:
    """A process that takes orders at `url`."""

    url: str
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """Give the CPU time, user's and system's, of all threads since the start."""
        times = self.process.cpu_times()
        return times.user + times.system


@dataclass(frozen=True, slots=True)
class Servers:
    """The cashier and the bare handler, each with a stand-in for AWS of its own."""

    cashier: Server
    bare: Server
    aws: Mapping[str, str]


@contextlib.asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Servers]:
    """Start all of them, with their files in `folder`; they are ended with the block."""
    async with contextlib.AsyncExitStack() as stack:
        aws = {name: f"http://127.0.0.1:{free_port()}" for name in ("cashier", "bare")}
        for name, url in aws.items():
            await stack.enter_async_context(
                _server(f"benchmarks.cashier.stand_in {_port(url)}", url, folder / f"{name}.aws")
            )
        url, log = f"http://127.0.0.1:{free_port()}", folder / "cashier.log"
        settings = {
            **_CASHIER,
            "COFFEE_PORT": str(_port(url)),
            "COFFEE_STATE_DIR": str(folder),
            "COFFEE_AWS_ENDPOINT_URL": aws["cashier"],
        }
        cashier = await stack.enter_async_context(
            _server("producer", url, log, settings, "/readyz")
        )
        url, log = f"http://127.0.0.1:{free_port()}", folder / "bare.log"
        command = f"benchmarks.cashier.bare {aws['bare']} {folder}/bare.sqlite3 {_port(url)}"
        bare = await stack.enter_async_context(_server(command, url, log))
        yield Servers(cashier, bare, aws)


@contextlib.asynccontextmanager
async def _server(
    module: str,
    url: str,
    log: Path,
    variables: Mapping[str, str] | None = None,
    ready: str = "/",
) -> AsyncIterator[Server]:
    """Run a module with its arguments until the end of the block, which begins once it answers."""
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *module.split()),
            env={**os.environ, **(variables or {})},
            stdout=file,
            stderr=file,
        )
        try:
            async with aiohttp.ClientSession() as http:

                async def answers() -> bool:
                    with contextlib.suppress(aiohttp.ClientError):
                        async with http.get(url + ready) as response:
                            return response.status < 500  # noqa: PLR2004 - it is there
                    return False

                await until(answers, _SECONDS)
            yield Server(url, psutil.Process(process.pid))
        finally:
            process.terminate()
            await process.wait()


async def load(url: str, seconds: float, customers: int, rate: float = 0) -> Loaded:
    """Place orders from a process of its own; raises RuntimeError if one is refused."""
    arguments = (url, str(seconds), str(customers), str(rate))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.cashier.load", *arguments),
        stdout=asyncio.subprocess.PIPE,
    )
    written, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the load has failed")
    return Loaded(**json.loads(written))


async def requests_counted(url: str) -> Mapping[str, int]:
    """Ask a stand-in how many requests it had, by operation."""
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        counts: dict[str, int] = await response.json()
        return counts


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])
