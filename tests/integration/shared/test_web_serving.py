"""Serving from the first connection to the last: bounds, the drain, and a port that is taken."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web

from shared.web.application import create_app
from shared.web.limits import WebLimits
from shared.web.operation import FOR_STAFF
from shared.web.server import serve
from shared.web.service import OPERATIONS, Service
from tests.support.web import AS_STAFF, STAFF_KEY, Counter, connected, counter_app, serving


async def test_a_request_in_flight_finishes_after_the_stop() -> None:
    counter = Counter()
    async with serving(counter) as shop, aiohttp.ClientSession(shop.url) as session:
        brewing = asyncio.create_task(session.get("/orders/1/brew"))
        await counter.begun.acquire()
        shop.stop.set()
        await _refused(shop.url.port)
        assert not shop.ended.done()
        counter.go_on.set()
        async with await brewing as response:
            assert response.status == 200
            assert (await response.json())["lines"] == 1
        await asyncio.wait_for(shop.ended, 2)


async def test_callers_are_served_until_the_services_have_drained() -> None:
    draining = asyncio.Event()
    async with (
        serving(Counter(), None, 5, lambda _: draining.wait()) as shop,
        aiohttp.ClientSession(shop.url) as session,
    ):
        shop.stop.set()
        async with session.get("/healthz") as response:
            assert response.status == 200
        draining.set()
        await _refused(shop.url.port)
        await asyncio.wait_for(shop.ended, 2)


async def test_a_request_that_does_not_finish_within_the_grace_is_given_up() -> None:
    counter = Counter()
    async with (
        serving(counter, grace_seconds=0.2) as shop,
        aiohttp.ClientSession(shop.url) as session,
    ):
        brewing = asyncio.create_task(session.get("/orders/1/brew"))
        await counter.begun.acquire()
        shop.stop.set()
        await asyncio.wait_for(shop.ended, 2)
        with pytest.raises(aiohttp.ClientError):
            await brewing


async def test_idle_connections_and_streams_do_not_hold_up_the_stop() -> None:
    counter = Counter()
    async with (
        serving(counter, grace_seconds=30) as shop,
        aiohttp.ClientSession(shop.url) as session,
        connected(shop.url) as (idle, _),
        session.get("/events") as stream,
    ):
        assert await stream.content.readline() == b": open\n"
        shop.stop.set()
        await asyncio.wait_for(shop.ended, 2)
        assert counter.stream_ended.is_set()
        assert await idle.read() == b""


async def test_cleanup_contexts_open_before_the_first_request_and_close_after_the_last() -> None:
    events: list[str] = []

    async def till(_: web.Application) -> AsyncIterator[None]:
        events.append("till open")
        yield
        events.append("till closed")

    service = Service(operations=[], lifespans=[till])
    app = create_app([service], title="A till", staff_key=STAFF_KEY)
    stop = asyncio.Event()
    stop.set()
    await serve(app, stop=stop, grace_seconds=1, on_listening=lambda _: events.append("listening"))
    assert events == ["till open", "listening", "till closed"]


async def test_a_port_that_is_taken_is_an_os_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="ddress already in use"):
            await serve(
                counter_app(Counter()),
                port=port,
                stop=asyncio.Event(),
                grace_seconds=1,
                on_listening=pytest.fail,
            )


async def test_a_socket_that_is_already_bound_can_be_served() -> None:
    bound = socket.create_server(("127.0.0.1", 0))
    urls: list[str] = []
    stop = asyncio.Event()
    stop.set()
    port = bound.getsockname()[1]
    app = counter_app(Counter())
    await serve(app, sock=bound, stop=stop, grace_seconds=1, on_listening=urls.append)
    assert urls == [f"http://127.0.0.1:{port}"]


async def test_requests_over_the_limit_are_asked_to_retry() -> None:
    counter = Counter()
    limits = WebLimits(requests_at_once=2)
    async with serving(counter, limits) as shop, aiohttp.ClientSession(shop.url) as session:
        both = [asyncio.create_task(session.get(f"/orders/{n}/brew")) for n in range(2)]
        for _ in both:
            await counter.begun.acquire()
        async with session.get("/orders/3/brew") as response:
            problem = await response.json(content_type="application/problem+json")
        assert (response.status, problem["type"]) == (503, "/problems/too-busy")
        assert response.headers["Retry-After"] == "1"
        for path in ("/healthz", "/readyz", "/metrics", "/events"):
            assert await _status(session, path) == 200
        counter.go_on.set()
        assert [(await request).status for request in both] == [200, 200]
        assert await _status(session, "/openapi.json") == 200


async def test_two_operations_on_one_route_are_refused() -> None:
    with pytest.raises(ValueError, match=r"'Place an order' \(POST /orders\) have the same route"):
        create_app([Counter().service(), Counter().service()], title="Two", staff_key=STAFF_KEY)


async def test_routes_that_differ_only_in_the_name_of_a_variable_are_one() -> None:
    service = Counter().service()
    brew = next(row for row in service.operations if row.path == "/orders/{id}/brew")
    twin = replace(brew, path="/orders/{number}/brew", summary="Brew again")

    with pytest.raises(ValueError, match="Brew again"):
        create_app([service, Service(operations=[twin])], title="Two", staff_key=STAFF_KEY)


async def test_staff_operations_need_the_key_and_no_others_do() -> None:
    async with serving() as shop, aiohttp.ClientSession(shop.url) as session:
        for operation in shop.app[OPERATIONS]:
            path = operation.path.replace("{id}", "1")
            closed = operation.role in FOR_STAFF
            if not closed and path == "/orders/1/brew":
                continue
            async with session.request(operation.method, path) as response:
                assert (response.status == 401) == closed, path
            if closed:
                async with session.request(operation.method, path, headers=AS_STAFF) as response:
                    assert response.status != 401, path


async def _status(session: aiohttp.ClientSession, path: str) -> int:
    async with session.get(path) as response:
        return response.status


async def _refused(port: int | None) -> None:
    """Wait until nobody listens on the port any more."""
    async with asyncio.timeout(2):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                return
            writer.close()
            await asyncio.sleep(0.01)
