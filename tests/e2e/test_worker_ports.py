"""Baristas with ports of their own: real processes, each with its health checks."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import httpx
import pytest

from tests.support.ports import free_ports
from tests.support.shop import COFFEESHOP, open_shop
from tests.support.waiting import until

pytestmark = pytest.mark.timeout(120)


async def test_every_barista_has_a_port_of_its_own_and_its_successor_has_the_same(
    tmp_path: Path,
) -> None:
    first = free_ports(3)
    async with (
        open_shop(
            tmp_path / "var", None, COFFEE_BARISTAS="3", COFFEE_WORKER_PORT=str(first)
        ) as shop,
        httpx.AsyncClient(trust_env=False) as client,
    ):

        async def all_are_ready() -> bool:
            return all([await is_ready(client, first + number) for number in range(3)])

        await until(all_are_ready, 40)
        killed = shop.children("worker")[0]
        killed.kill()
        killed.wait(5)
        await until(all_are_ready, 40)
        assert len(shop.children("worker")) == 3


async def is_ready(client: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/readyz")).is_success
    except httpx.TransportError:
        return False


async def refused(state_dir: Path, **variables: str) -> list[str]:
    process = await asyncio.create_subprocess_exec(
        *(COFFEESHOP, "run"),
        env={**os.environ, "COFFEE_STATE_DIR": str(state_dir), "COFFEE_PORT": "0", **variables},
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        _, err = await process.communicate()
    assert process.returncode == 2
    return err.decode().splitlines()


async def test_a_port_that_a_barista_would_need_and_is_taken_is_one_line(tmp_path: Path) -> None:
    first = free_ports(3)
    with socket.create_server(("127.0.0.1", first + 1)):
        lines = await refused(tmp_path, COFFEE_BARISTAS="1..3", COFFEE_WORKER_PORT=str(first))

    needed = f"the baristas need {first} to {first + 2}, one each"
    assert lines == [f"COFFEE_WORKER_PORT: port {first + 1} is in use, and {needed}"]


async def test_the_shops_own_port_among_them_is_one_line(tmp_path: Path) -> None:
    first = free_ports(3)
    (line,) = await refused(
        tmp_path,
        COFFEE_PORT=str(first + 2),
        COFFEE_BARISTAS="3",
        COFFEE_WORKER_PORT=str(first),
    )
    assert line.startswith(f"COFFEE_WORKER_PORT: port {first + 2} is in use")


async def test_ports_beyond_the_last_one_are_one_line(tmp_path: Path) -> None:
    (line,) = await refused(tmp_path, COFFEE_WORKER_PORT="65500")
    assert line.startswith("COFFEE_WORKER_PORT: should be 65472 at most")
