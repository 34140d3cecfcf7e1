"""Connections that send no HTTP, or never finish sending it, do not hinder others."""

from __future__ import annotations

import asyncio
import re

import aiohttp
import pytest

from shared.web.limits import WebLimits
from tests.support.web import Serving, connected, said_to, serving

IMPATIENT = WebLimits(idle_seconds=0.3, linger_seconds=0.3)


@pytest.mark.parametrize(
    "sent",
    [
        b"HELLO\r\n\r\n",
        b"GET /healthz HTTP\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
        b"GET /healthz HTTP/1.1\r\nHost shop\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nA: b\x00c\r\n\r\n",
        b"POST /orders HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
        b"POST /orders HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
async def test_malformed_http_is_answered_with_a_problem(sent: bytes) -> None:
    async with serving(limits=IMPATIENT) as shop:
        answered = await said_to(shop.url, sent)
    head, _, body = answered.partition("\r\n\r\n")
    assert re.match(r"HTTP/1\.[01] 400 ", head)
    assert "Content-Type: application/problem+json" in head
    assert re.search(r"X-Correlation-ID: [0-9a-f]{32}", head)
    assert '"/problems/invalid-request"' in body


@pytest.mark.parametrize(
    "header", [b"X: " + b"a" * 1_000_000, b"\r\n".join(b"X-%d: a" % n for n in range(100_000))]
)
async def test_a_million_bytes_of_headers_are_refused_and_their_sender_can_read_why(
    header: bytes,
) -> None:
    async with serving(limits=IMPATIENT) as shop:
        answered = await said_to(shop.url, b"GET / HTTP/1.1\r\nHost: shop\r\n", header, b"\r\n\r\n")
    assert re.match(r"HTTP/1\.[01] (400|431) ", answered)
    assert "Content-Type: application/problem+json" in answered


async def test_a_head_that_never_ends_is_given_up_though_it_goes_on() -> None:
    async with serving(limits=IMPATIENT) as shop, connected(shop.url) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\n")
        closed = asyncio.create_task(reader.read())
        async with asyncio.timeout(5):
            while not closed.done():
                writer.write(b"X: a\r\n")
                await asyncio.sleep(0.02)
        assert await _nothing(closed)


async def test_a_second_request_that_never_ends_is_given_up_too() -> None:
    async with serving(limits=IMPATIENT) as shop, connected(shop.url) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\nGET /healthz HTT")
        async with asyncio.timeout(5):
            answered = await reader.read()
    assert answered.count(b"HTTP/1.1 200") == 1


async def test_500_connections_that_say_nothing_do_not_hinder_the_others() -> None:
    async with serving(limits=WebLimits(idle_seconds=2)) as shop:
        silent = [await asyncio.open_connection(shop.url.host, shop.url.port) for _ in range(500)]
        for _, writer in silent:
            writer.write(b"POST /orders HTTP/1.1\r\nHost:")
        assert await _answers_quickly(shop)
        async with asyncio.timeout(10):
            await asyncio.gather(*(reader.read() for reader, _ in silent))
        for _, writer in silent:
            writer.close()


async def _answers_quickly(shop: Serving) -> bool:
    async with (
        asyncio.timeout(1),
        aiohttp.ClientSession() as session,
        session.get(shop.url / "healthz") as response,
    ):
        return response.status == 200


async def _nothing(closed: asyncio.Task[bytes]) -> bool:
    try:
        return await closed == b""
    except ConnectionResetError:
        return True
