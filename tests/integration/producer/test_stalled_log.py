"""A service goes on when its log is not read, when its reader has gone, when its disk is full."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from tests.support.cashier import ORDER, new_key, provisioned_shop, settings_for
from tests.support.cashier_process import process_of
from tests.support.emulator import free_port
from tests.support.pipes import full_pipe
from tests.support.waiting import until

ORDERS = 60
"""Each logs several hundred bytes: more than the pipe and the smallest buffer hold."""


@contextlib.asynccontextmanager
async def cashier_logging_to(
    stderr: int, ministack: str, folder: Path
) -> AsyncIterator[tuple[asyncio.subprocess.Process, aiohttp.ClientSession]]:
    settings, port = settings_for(ministack, folder), free_port()
    more = {
        "COFFEE_PORT": str(port),
        "COFFEE_LOG_BUFFER_KIB": "4",
        "COFFEE_ORDERS_PER_MINUTE": "0",
    }
    async with (
        provisioned_shop(settings),
        process_of(settings, stderr, **more) as process,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}", timeout=aiohttp.ClientTimeout(5)) as http,
    ):
        await until(lambda: alive(http), 30)
        yield process, http


async def alive(http: aiohttp.ClientSession) -> bool:
    try:
        async with http.get("/healthz") as response:
            return response.ok
    except (aiohttp.ClientConnectionError, TimeoutError):
        return False


async def place_orders(http: aiohttp.ClientSession) -> None:
    for _ in range(ORDERS):
        key = {"Idempotency-Key": new_key()}
        async with http.post("/orders", json=ORDER, headers=key) as placed:
            assert placed.status == 201


async def lines_dropped(http: aiohttp.ClientSession) -> int:
    async with http.get("/metrics") as response:
        counted = re.search(r"coffeeshop_log_lines_dropped_total (\d+)", await response.text())
    assert counted is not None
    return int(counted[1])


async def test_orders_are_placed_while_nobody_reads_the_log_and_the_next_line_counts_the_lost_ones(
    ministack: str, tmp_path: Path
) -> None:
    with full_pipe() as (reader, writer):
        async with cashier_logging_to(writer, ministack, tmp_path) as (process, http):
            os.close(writer)
            await place_orders(http)
            assert await alive(http)
            dropped = await lines_dropped(http)
            process.send_signal(signal.SIGTERM)
            log = await asyncio.to_thread(read_all, reader)
            await process.wait()
    lines = [json.loads(line) for line in log.splitlines()[1:]]
    told = [line["lines"] for line in lines if line["event"] == "log.lines_dropped"]
    assert dropped > 0
    assert sum(told) >= dropped
    times = [line["timestamp"] for line in lines if line["event"] != "log.lines_dropped"]
    assert times == sorted(times)


async def test_a_service_stops_in_time_although_nobody_reads_its_log(
    ministack: str, tmp_path: Path
) -> None:
    with full_pipe() as (_, writer):
        async with cashier_logging_to(writer, ministack, tmp_path) as (process, http):
            await place_orders(http)
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(10):
                assert await process.wait() == 0


async def test_orders_are_placed_when_the_reader_of_the_log_has_gone(
    ministack: str, tmp_path: Path
) -> None:
    with full_pipe() as (reader, writer):
        async with cashier_logging_to(writer, ministack, tmp_path) as (_, http):
            os.close(reader)
            await place_orders(http)
            assert await lines_dropped(http) > 0


async def test_orders_are_placed_when_the_log_is_on_a_full_disk(
    ministack: str, tmp_path: Path
) -> None:
    with open("/dev/full", "wb") as full:  # noqa: ASYNC230, PTH123 - opened once, and a device
        async with cashier_logging_to(full.fileno(), ministack, tmp_path) as (_, http):
            await place_orders(http)
            assert await lines_dropped(http) > 0


async def test_the_line_of_a_crash_is_the_last_one_of_the_log() -> None:
    program = (
        "import logging, sys; from shared.runtime.logging import configure_logging;"
        "from shared.runtime.settings import LogFormat;"
        "configure_logging('test', LogFormat.JSON, 'INFO', 64);"
        "[logging.getLogger('x').info('line %d', n) for n in range(100)];"
        "raise RuntimeError('no more milk')"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stderr=asyncio.subprocess.PIPE
    )
    _, log = await process.communicate()
    lines = [json.loads(line) for line in log.splitlines()]
    assert process.returncode == 1
    assert [line["event"] for line in lines] == [
        *(f"line {n}" for n in range(100)),
        "process.crashed",
    ]
    assert "no more milk" in json.dumps(lines[-1]["exception"])


def read_all(reader: int) -> bytes:
    """Read a pipe until its last writer has closed it."""
    return b"".join(iter(lambda: os.read(reader, 65536), b""))
