"""Connections that do nothing keep nobody else from being served, nor fill the log."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from yarl import URL

from tests.support.notifier import NO_TLS
from tests.support.shop import ORDER, RunningShop, open_shop

pytestmark = pytest.mark.timeout(120)

SECONDS = 6
"""How long the idle connections stay; a loop that logs would write megabytes."""


@pytest.mark.parametrize(
    ("descriptors", "idle"), [("1024:20000", 1100), ("1024:1024", 1100), ("128:128", 300)]
)
async def test_idle_connections_beyond_the_limit_on_files_hinder_nobody(
    tmp_path: Path, descriptors: str, idle: int
) -> None:
    async with (
        open_shop(tmp_path / "shop", descriptors=descriptors, COFFEE_LOG_LEVEL="INFO") as shop,
        opened(URL(shop.url), idle),
    ):
        slowest, placed = await asyncio.gather(slowest_health_check(shop), orders_of_others(shop))
        assert slowest < 1
        assert placed == {201}
        assert shop.log.stat().st_size < 1_000_000


@contextlib.asynccontextmanager
async def opened(url: URL, count: int) -> AsyncIterator[None]:
    """Keep connections open that send nothing."""
    connections = [await asyncio.open_connection(url.host, url.port) for _ in range(count)]
    try:
        yield
    finally:
        for _, writer in connections:
            writer.close()


async def slowest_health_check(shop: RunningShop) -> float:
    """Ask again and again, on new connections; give the seconds of the slowest answer."""
    slowest, until = 0.0, time.monotonic() + SECONDS
    while time.monotonic() < until:
        async with httpx.AsyncClient(timeout=5, verify=NO_TLS) as http:
            began = time.monotonic()
            assert (await http.get(f"{shop.url}/healthz")).status_code == 200
            slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0.1)
    return slowest


async def orders_of_others(shop: RunningShop) -> set[int]:
    """Place orders, each on a new connection; give the statuses."""
    statuses: set[int] = set()
    for _ in range(20):
        async with httpx.AsyncClient(timeout=5, verify=NO_TLS) as http:
            statuses.add((await http.post(f"{shop.url}/orders", json=ORDER)).status_code)
    return statuses
