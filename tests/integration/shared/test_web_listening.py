"""Wherever a service listens, the address that it tells leads to it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest

from shared.web.server import serve
from tests.support.web import Counter, counter_app

HAS_IPV6 = socket.has_ipv6
with_ipv6 = pytest.mark.skipif(not HAS_IPV6, reason="this machine has no IPv6")


@contextlib.asynccontextmanager
async def listening_on(host: str) -> AsyncIterator[str]:
    stop = asyncio.Event()
    url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    app = counter_app(Counter())
    served = asyncio.create_task(
        serve(app, host=host, stop=stop, grace_seconds=1, on_listening=url.set_result)
    )
    try:
        yield await url
    finally:
        stop.set()
        await served


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("127.0.0.1", "http://127.0.0.1:"),
        ("0.0.0.0", "http://127.0.0.1:"),
        ("", "http://127.0.0.1:"),
        ("localhost", "http://127.0.0.1:"),
        pytest.param("::", "http://[::1]:", marks=with_ipv6),
        pytest.param("::1", "http://[::1]:", marks=with_ipv6),
    ],
)
async def test_the_address_that_is_told_can_be_opened(host: str, told: str) -> None:
    async with listening_on(host) as url, aiohttp.ClientSession() as session:
        assert url.startswith(told)
        async with session.get(f"{url}/healthz") as response:
            assert response.status == 200


@with_ipv6
@pytest.mark.skipif(sys.platform == "openbsd", reason="keeps IPv4 and IPv6 apart")
async def test_every_address_of_ipv6_is_every_one_of_ipv4_too() -> None:
    async with listening_on("::") as url, aiohttp.ClientSession() as session:
        port = url.rpartition(":")[2]
        async with session.get(f"http://127.0.0.1:{port}/healthz") as response:
            assert response.status == 200
