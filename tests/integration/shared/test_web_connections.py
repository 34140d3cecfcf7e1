"""Connections that send no HTTP, or never finish sending it, do not hinder others."""

from __future__ import annotations

import asyncio
import functools
import re

import aiohttp
import pytest

from shared.web.limits import WebLimits
from tests.support.waiting import until
from tests.support.web import Counter, Serving, connected, said_to, serving

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\n"
REQUEST_OF_JSON = b"POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
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


async def test_the_connection_that_is_idle_for_longest_makes_room_for_another() -> None:
    async with (
        serving(limits=WebLimits(connections=3)) as shop,
        connected(shop.url) as (first, _),
        connected(shop.url) as (second, writer),
        connected(shop.url) as (third, _),
    ):
        writer.write(REQUEST)
        assert (await second.readline()).endswith(b"200 OK\r\n")
        assert await _answers_quickly(shop)
        assert await _nothing(asyncio.create_task(first.read()))
        assert 'evicted_total{bound="total"} 1.0' in await _metrics(shop)
        assert not third.at_eof()


async def test_connections_that_send_half_a_request_make_room_too() -> None:
    half = REQUEST_OF_JSON + b"Content-Length: 9\r\n\r\n{"
    async with (
        serving(limits=WebLimits(connections=2)) as shop,
        connected(shop.url) as (slow, sending),
        connected(shop.url) as (_, sending_too),
    ):
        sending.write(half)
        sending_too.write(half)
        assert await _answers_quickly(shop)
        assert await _nothing(asyncio.create_task(slow.read()))


async def test_one_client_makes_room_for_itself_alone() -> None:
    async with (
        serving(limits=WebLimits(connections=10, connections_per_client=2)) as shop,
        connected(shop.url, "127.0.0.2") as (other, asking),
        connected(shop.url) as (first, _),
        connected(shop.url),
    ):
        assert await _answers_quickly(shop)
        assert await _nothing(asyncio.create_task(first.read()))
        asking.write(REQUEST)
        assert (await other.readline()).endswith(b"200 OK\r\n")


async def test_a_connection_is_refused_while_all_are_being_served() -> None:
    counter = Counter()
    async with (
        serving(counter, WebLimits(connections=2)) as shop,
        connected(shop.url) as (_, one),
        connected(shop.url) as (_, two),
    ):
        for writer in (one, two):
            writer.write(b"GET /orders/1/brew HTTP/1.1\r\nHost: shop\r\n\r\n")
            await counter.begun.acquire()
        refused = await said_to(shop.url)
        counter.go_on.set()
        assert refused.startswith("HTTP/1.1 503 ")
        assert "\r\nRetry-After: 5\r\n" in refused
        assert "\r\nContent-Type: application/problem+json\r\n" in refused
        assert refused.endswith(
            '"as many connections as we can serve, or as one client may have, are open"}'
        )
        assert 'refused_total{bound="total"} 1.0' in await _metrics(shop)


async def test_a_reader_who_does_not_take_a_response_is_cut_off() -> None:
    async with (
        serving(limits=WebLimits(write_seconds=0.3)) as shop,
        connected(shop.url) as (reader, writer),
    ):
        reader.set_exception(ConnectionError("the test reads nothing"))
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(20):
            writer.write(b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: shop\r\n\r\n")
        assert "coffeeshop_http_connections 2.0" in await _metrics(shop)
        await until(functools.partial(_has_one_connection, shop), 5)


async def test_streams_leave_most_of_the_connections_to_others() -> None:
    limits = WebLimits().within(8)
    async with serving(limits=limits) as shop, aiohttp.ClientSession(shop.url) as session:
        streams = [await session.get("/events") for _ in range(4)]
        assert [stream.status for stream in streams] == [200, 200, 200, 503]
        assert streams[-1].headers["Retry-After"]
        assert await _answers_quickly(shop)
        for stream in streams:
            stream.close()


async def _has_one_connection(shop: Serving) -> bool:
    return "coffeeshop_http_connections 1.0" in await _metrics(shop)


async def _metrics(shop: Serving) -> str:
    async with aiohttp.ClientSession() as session, session.get(shop.url / "metrics") as response:
        return await response.text()


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
