"""Bodies and queries are read within limits, and every error has its response."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from yarl import URL

from shared.web.limits import WebLimits
from tests.support.web import AS_STAFF, connected, said_to, serving

JSON = {"Content-Type": "application/json"}
ONE_LATTE = json.dumps({"items": [{"item": "latte"}]}).encode()


@pytest.fixture
async def url() -> AsyncIterator[URL]:
    limits = WebLimits(body_seconds=0.2, linger_seconds=0.2)
    async with serving(limits=limits) as shop:
        yield shop.url


async def placed(
    url: URL, body: bytes | io.BytesIO, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    sent = JSON if headers is None else headers
    async with (
        aiohttp.ClientSession() as session,
        session.post(url / "orders", data=body, headers=sent) as response,
    ):
        if response.status >= 400:
            assert response.content_type == "application/problem+json"
        return response.status, await response.json(content_type=None)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"'],
)
async def test_an_order_in_json_is_placed(url: URL, content_type: str) -> None:
    status, receipt = await placed(url, ONE_LATTE, {"Content-Type": content_type})
    assert (status, receipt["lines"]) == (201, 1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"latte",
        b"[]",
        b'{"items": NaN}',
        b'{"items": [{"item": "\\ud800"}]}',
        b'{"items": "\xff"}',
        b'{"items":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"items":' + b'{"a":' * 10_000,
        b"[" * 65_536,
    ],
)
async def test_malformed_json_is_refused(url: URL, body: bytes) -> None:
    status, problem = await placed(url, body)
    assert (status, problem["type"]) == (400, "/problems/malformed-json")


async def test_every_error_of_an_order_is_listed_with_its_pointer(url: URL) -> None:
    sent = {"items": [{"item": 1, "quantity": "2"}, {"quantity": True}, {"item": "tea", "x/y": 1}]}
    status, problem = await placed(url, json.dumps(sent).encode())
    assert (status, problem["type"]) == (422, "/problems/invalid-order")
    assert [error["pointer"] for error in problem["errors"]] == [
        "/items/0/item",
        "/items/0/quantity",
        "/items/1/item",
        "/items/1/quantity",
        "/items/2/x~1y",
    ]


async def test_what_is_not_listed_of_too_many_errors_is_counted(url: URL) -> None:
    unknown = {f"field-{n}": 1 for n in range(900)}
    status, problem = await placed(
        url, json.dumps({"items": [{"item": "latte"}]} | unknown).encode()
    )
    assert (status, problem["type"]) == (422, "/problems/invalid-order")
    assert problem["detail"] == "the body has 900 error(s): the first 500, and 400 more"
    assert len(problem["errors"]) == 500


async def test_what_is_not_listed_of_a_query_is_counted(url: URL) -> None:
    twice = "&".join(f"{n}&{n}" for n in range(501))
    async with (
        aiohttp.ClientSession() as session,
        session.get((url / "orders").with_query(twice), headers=AS_STAFF) as response,
    ):
        problem = await response.json(content_type=None)
    assert (response.status, len(problem["errors"])) == (400, 500)
    assert problem["detail"].endswith(": the first 500, and 1 more")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/jsonp"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": ""},
    ],
)
async def test_another_content_type_is_not_read(url: URL, headers: dict[str, str]) -> None:
    status, problem = await placed(url, ONE_LATTE, headers)
    assert (status, problem["type"]) == (415, "/problems/unsupported-media-type")


async def test_a_compressed_body_is_not_unpacked(url: URL) -> None:
    bomb = gzip.compress(b'{"items": "' + b"a" * 10_000_000 + b'"}')
    status, problem = await placed(url, bomb, JSON | {"Content-Encoding": "gzip"})
    assert (status, problem["type"]) == (415, "/problems/unsupported-media-type")


async def test_a_body_may_be_64_kib_long_and_not_a_byte_longer(url: URL) -> None:
    longest = ONE_LATTE.ljust(64 * 1024)
    assert (await placed(url, longest))[0] == 201
    status, problem = await placed(url, longest + b" ")
    assert (status, problem["type"]) == (413, "/problems/content-too-large")


async def test_a_long_body_in_chunks_is_refused_before_it_ends(url: URL) -> None:
    head = (
        b"POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    answered = await said_to(url, head, chunk, chunk, chunk)
    assert answered.startswith("HTTP/1.1 413 ")
    assert "/problems/content-too-large" in answered


async def test_a_long_body_is_refused_before_its_sender_is_asked_for_it(url: URL) -> None:
    head = (
        b"POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
        b"Content-Length: 10000000\r\nExpect: 100-continue\r\n\r\n"
    )
    assert (await said_to(url, head)).startswith("HTTP/1.1 413 ")


async def test_a_sender_who_waits_for_it_is_asked_to_go_on(url: URL) -> None:
    head = (
        b"POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(ONE_LATTE)
    )
    async with connected(url) as (reader, writer):
        writer.write(head)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(ONE_LATTE)
        assert (await reader.readline()).startswith(b"HTTP/1.1 201 ")


async def test_a_body_of_10_mb_is_refused_and_its_sender_can_read_why(url: URL) -> None:
    status, problem = await placed(url, io.BytesIO(b" " * 10_000_000))
    assert (status, problem["type"]) == (413, "/problems/content-too-large")


async def test_a_body_that_never_ends_is_given_up(url: URL) -> None:
    head = (
        b"POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
        b'Content-Length: 100\r\n\r\n{"items"'
    )
    answered = await said_to(url, head)
    assert answered.startswith("HTTP/1.1 408 ")
    assert "/problems/request-timeout" in answered


async def test_slow_senders_take_no_place_from_the_others() -> None:
    head = (
        b"POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
        b'Content-Length: 100\r\n\r\n{"items"'
    )
    async with serving(
        limits=WebLimits(requests_at_once=1, body_seconds=1, linger_seconds=0)
    ) as shop:
        slow = [asyncio.create_task(said_to(shop.url, head)) for _ in range(20)]
        async with aiohttp.ClientSession(shop.url, headers=AS_STAFF) as session:
            for _ in range(5):
                async with session.get("/orders") as response:
                    assert response.status == 200
        assert not [sender for sender in slow if sender.done()]
        assert all(answered.startswith("HTTP/1.1 408 ") for answered in await asyncio.gather(*slow))


@pytest.mark.parametrize("announced", [b"Content-Length: 6000", b"Transfer-Encoding: chunked"])
async def test_slow_senders_of_long_bodies_leave_room_for_short_ones(announced: bytes) -> None:
    head = b"POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
    long_body = head + announced + b"\r\n\r\n"
    limits = WebLimits(
        body_bytes=6000, long_bodies_bytes=10_000, body_seconds=0.5, linger_seconds=0
    )
    async with serving(limits=limits) as shop, aiohttp.ClientSession() as session:
        first = asyncio.create_task(said_to(shop.url, long_body))
        second = asyncio.create_task(said_to(shop.url, long_body))
        done, _ = await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED)
        (refused,) = done
        assert refused.result().startswith("HTTP/1.1 503 ")
        assert "Retry-After: 1" in refused.result()
        async with session.post(shop.url / "orders", data=ONE_LATTE, headers=JSON) as response:
            assert response.status == 201
        assert not (first.done() and second.done())
        answers = sorted(answered.split()[1] for answered in await asyncio.gather(first, second))
        assert answers == ["408", "503"]
        assert (await said_to(shop.url, long_body)).startswith("HTTP/1.1 408 ")


async def test_malformed_chunks_are_refused_at_once(url: URL) -> None:
    head = (
        b"POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
        b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\nzz\r\n'
    )
    answered = await said_to(url, head)
    assert " 400 " in answered.splitlines()[0]
    assert "/problems/invalid-request" in answered


@pytest.mark.parametrize(
    ("query", "pointers"),
    [("limit=0", ["/limit"]), ("limit=many", ["/limit"]), ("limit=1&limit=2", ["/limit"])],
)
async def test_every_error_of_a_query_is_listed(url: URL, query: str, pointers: list[str]) -> None:
    async with (
        aiohttp.ClientSession(headers=AS_STAFF) as session,
        session.get(url.with_path("/orders").with_query(query)) as response,
    ):
        problem = await response.json(content_type="application/problem+json")
    assert (response.status, problem["type"]) == (400, "/problems/invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == pointers


async def test_a_body_in_chunks_of_a_byte_is_refused_before_it_is_read() -> None:
    head = (
        b"POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    async with serving() as shop:
        answered = await said_to(shop.url, head, b"1\r\n \r\n" * 100_000)
    assert answered.startswith("HTTP/1.1 400 ")
    assert "send larger chunks" in answered


async def test_a_body_that_nobody_asked_for_is_not_read_and_its_sender_learns_the_answer() -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: shop\r\nContent-Length: 60000\r\n\r\n"
    async with serving() as shop:
        answered = await said_to(shop.url, head, b" " * 100)
    assert answered.startswith("HTTP/1.1 200 ")
    assert "\r\nConnection: close\r\n" in answered


@pytest.mark.parametrize("expected", ["100-continue", "a-miracle"])
async def test_an_expectation_over_http_1_0_is_ignored(expected: str) -> None:
    body = b'{"items": [{"item": "latte"}]}'
    head = (
        f"POST /orders HTTP/1.0\r\nExpect: {expected}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    async with serving() as shop:
        answered = await said_to(shop.url, head.encode(), body)
    assert answered.startswith("HTTP/1.0 201 ")
    assert "100 Continue" not in answered


@pytest.mark.parametrize("expected", ["a-miracle", "100-continue, a-miracle"])
async def test_another_expectation_than_100_continue_is_a_problem(expected: str) -> None:
    head = f"GET /healthz HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nExpect: {expected}\r\n\r\n"
    async with serving() as shop:
        answered = await said_to(shop.url, head.encode())
    assert answered.startswith("HTTP/1.1 417 ")
    assert "\r\nContent-Type: application/problem+json\r\n" in answered
    assert "\r\nX-Correlation-ID: " in answered
