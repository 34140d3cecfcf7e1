"""The health check of the containers, as Docker runs it: a process and its exit status."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys

from tests.support.emulator import free_port
from tests.support.web import serving

CHECK = (sys.executable, "-m", "shared.runtime.healthcheck")


async def exit_code(port: int) -> int:
    process = await asyncio.create_subprocess_exec(
        *CHECK, env={**os.environ, "COFFEE_PORT": str(port)}
    )
    async with asyncio.timeout(20):
        return await process.wait()


async def test_a_service_that_answers_is_alive() -> None:
    async with serving() as shop:
        assert await exit_code(shop.url.port or 0) == 0


async def test_a_port_where_nobody_answers_is_not() -> None:
    assert await exit_code(free_port()) == 1


async def test_a_service_that_takes_connections_and_says_nothing_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert await exit_code(mute.getsockname()[1]) == 1


def test_it_imports_nothing_of_other_packages_since_it_runs_every_few_seconds() -> None:
    script = "import sys, shared.runtime.healthcheck; print(*sys.modules)"
    imported = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    loaded = {name.partition(".")[0] for name in imported.stdout.decode().split()}
    assert not loaded & {"aiohttp", "aiobotocore", "pydantic", "structlog"}
