"""Requests that are never sent to their end: nginx serves others meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.support.containers import ContainerShop, run

pytestmark = pytest.mark.timeout(300)

HALF_A_HEAD = b"GET /menu HTTP/1.1\r\nHost: shop\r\nX-Slow: "
HALF_A_BODY = b"POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Length: 1000\r\n\r\n{"
MANY = 9_000
"""More than the 4,096 connections that each of two processes once had."""

LIMIT = 512


async def test_nine_thousand_half_sent_heads_do_not_keep_others_out(shop: ContainerShop) -> None:
    async with _half_sent(shop, HALF_A_HEAD, MANY), aiohttp.ClientSession(shop.url) as http:
        for _ in range(10):
            async with asyncio.timeout(2), http.get("/menu") as response:
                assert response.status == 200


async def test_one_address_cannot_have_more_requests_in_progress_than_its_share(
    shop: ContainerShop,
) -> None:
    async with _half_sent(shop, HALF_A_BODY, 2 * LIMIT) as connections:
        async with asyncio.timeout(5):
            head, _, body = (await _refusal(connections)).partition("\r\n\r\n")
        assert head.startswith("HTTP/1.1 429 ")
        assert "Retry-After: 5" in head
        assert "X-Correlation-ID: " in head
        assert json.loads(body)["type"] == "/problems/too-many-requests"
        assert await _status_elsewhere(shop) == "200"


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def _half_sent(
    shop: ContainerShop, beginning: bytes, count: int
) -> AsyncIterator[list[Connection]]:
    """Begin many requests at the address of nginx's container, and never end them.

    Not at the published port: Docker's proxy holds its connections with a limit of its own.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < count + 500:
        pytest.skip(f"{most} files are too few here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    (nginx,) = await shop.containers("nginx")
    networks = f'{{{{(index .NetworkSettings.Networks "{shop.project}_outside").IPAddress}}}}'
    address = (await run("docker", "inspect", "--format", networks, nginx)).strip()
    connections: list[Connection] = []
    try:
        for _ in range(count):
            connections.append(await asyncio.open_connection(address, 8080))
            connections[-1][1].write(beginning)
        yield connections
    finally:
        for _, writer in connections:
            writer.transport.abort()


async def _refusal(connections: list[Connection]) -> str:
    """Read the answer of the first request that gets one; the others wait for their bodies."""
    answers = [asyncio.create_task(reader.read(4096)) for reader, _ in connections]
    done, waiting = await asyncio.wait(answers, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    return done.pop().result().decode()


async def _status_elsewhere(shop: ContainerShop) -> str:
    """Ask from another container, and so from another address."""
    script = "import urllib.request as r; print(r.urlopen('http://nginx:8080/menu').status)"
    (notifier, *_) = await shop.containers("notifier")
    return (await shop.execute(notifier, "python", "-c", script)).strip()
