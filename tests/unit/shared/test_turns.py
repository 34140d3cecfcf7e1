"""Turns: a crowd of requests lets others pass."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from prometheus_client import CollectorRegistry, Counter

from shared.web.connections import CONNECTIONS, Closable, ConnectionMetrics, Connections
from shared.web.limits import LIMITS, TURNS_AT_ONCE, Turns, WebLimits
from shared.web.operation import Operation, Role
from shared.web.problem import Problem
from shared.web.rate_limit import REQUEST_RATE, RequestRate
from shared.web.router import ConcurrencyLimit, _guarded


async def test_who_comes_after_a_crowd_need_not_wait_for_it() -> None:
    turns, begun = Turns(), list[int]()

    async def page(number: int) -> None:
        await turns.wait()
        begun.append(number)

    async with asyncio.TaskGroup() as crowd:
        for number in range(100):
            crowd.create_task(page(number))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert 0 < len(begun) <= 2 * TURNS_AT_ONCE
    assert begun == [*range(100)]


async def test_who_leaves_keeps_nobody_waiting() -> None:
    turns = Turns()
    waiting = [asyncio.ensure_future(turns.wait()) for _ in range(20)]
    await asyncio.sleep(0)
    for one in waiting[5:15]:
        one.cancel()
    async with asyncio.timeout(1):
        await asyncio.gather(*waiting[:5], *waiting[15:])
        await turns.wait()


class Nobodys(Turns):
    """Turns that never come."""

    async def wait(self) -> None:
        await asyncio.Event().wait()


def waiting_for_a_turn(role: Role) -> tuple[asyncio.Future[web.StreamResponse], web.Request]:
    """Ask for a page, over a connection that rests, while there is a crowd."""

    async def page(_: web.Request) -> web.Response:
        return web.Response()

    operation = Operation(
        method="GET",
        path="/",
        summary="A page",
        handler=page,
        responses={},
        role=role,
        always_served=role is Role.ANYONE,
        turns=True,
    )
    app, metrics = web.Application(), ConnectionMetrics(CollectorRegistry())
    app[CONNECTIONS] = Connections(limits=WebLimits(), metrics=metrics)
    app[LIMITS] = WebLimits()
    app[REQUEST_RATE] = RequestRate(0, Counter("limited", "", registry=CollectorRegistry()))
    request = make_mocked_request("GET", "/", app=app)
    app[CONNECTIONS].admit(cast("Closable", request.protocol))
    guarded = _guarded(operation, ConcurrencyLimit(WebLimits()), Nobodys())
    return asyncio.ensure_future(guarded(request)), request


async def test_who_is_refused_takes_no_turn() -> None:
    refused, _ = waiting_for_a_turn(Role.MANAGER)
    async with asyncio.timeout(1):
        with pytest.raises(Problem):
            await refused


async def test_a_connection_that_waits_for_its_turn_is_not_closed_to_make_room() -> None:
    waiting, request = waiting_for_a_turn(Role.ANYONE)
    idle = request.app[CONNECTIONS].idle
    assert len(idle) == 1
    await asyncio.sleep(0)
    assert not idle
    waiting.cancel()
