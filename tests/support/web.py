"""A small service that takes orders over a real socket, and ways to talk to it below HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from yarl import URL

from shared.web.application import create_app
from shared.web.body import json_response, read_body, read_query
from shared.web.headers import CORRELATION_ID
from shared.web.limits import WebLimits
from shared.web.operation import EVENT_STREAM, Handler, Operation, Parameter, Response, Role
from shared.web.problem import UNAVAILABLE, Problem, ProblemKind
from shared.web.server import serve
from shared.web.service import Hook, Service

STAFF_KEY = "the-key-of-the-staff"
AS_STAFF = {"Authorization": f"Bearer {STAFF_KEY}"}
INVALID_ORDER = ProblemKind("invalid-order", HTTPStatus.UNPROCESSABLE_ENTITY, "Not an order")


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    item: str
    quantity: Annotated[int, Field(ge=1, le=20)] = 1


class PlaceOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[Line], Field(min_length=1, max_length=20)]


class Listing(BaseModel):
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class Receipt(BaseModel):
    lines: int
    correlation_id: str


class OutOfBeansError(Exception):
    pass


class OutOfDecafError(OutOfBeansError):
    pass


@dataclass
class Counter:
    """Handlers that signal when they have begun, and wait for `go_on`."""

    begun: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    stream_ended: asyncio.Event = field(default_factory=asyncio.Event)
    failure: Exception = field(default_factory=lambda: RuntimeError("the secret of the shop"))
    checks_fail_with: Exception | None = None
    checks_hang: bool = False

    async def place_order(self, request: web.Request) -> web.StreamResponse:
        order = await read_body(request, PlaceOrder, INVALID_ORDER)
        receipt = Receipt(lines=len(order.items), correlation_id=request[CORRELATION_ID])
        return json_response(receipt, HTTPStatus.CREATED)

    async def list_orders(self, request: web.Request) -> web.StreamResponse:
        return json_response(read_query(request, Listing))

    async def brew(self, request: web.Request) -> web.StreamResponse:
        self.begun.release()
        await self.go_on.wait()
        return json_response(Receipt(lines=1, correlation_id=request[CORRELATION_ID]))

    async def fail(self, _: web.Request) -> web.StreamResponse:
        raise self.failure

    async def fail_halfway(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"half of it")
        raise self.failure

    async def stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": EVENT_STREAM})
        await response.prepare(request)
        await response.write(b": open\n\n")
        try:
            await asyncio.Event().wait()
        finally:
            self.stream_ended.set()
        return response

    async def beans(self) -> None:
        if self.checks_hang:
            await asyncio.Event().wait()
        if self.checks_fail_with is not None:
            raise self.checks_fail_with

    def service(self, *drains: Hook) -> Service:
        receipt = Response("A receipt", Receipt)
        order_id = Parameter("id", "path", "The order's id", required=True)
        return Service(
            operations=[
                Operation(
                    "POST",
                    "/orders",
                    "Place an order",
                    self.place_order,
                    responses={HTTPStatus.CREATED: receipt},
                    errors=(INVALID_ORDER,),
                    role=Role.ANYONE,
                    body=PlaceOrder,
                ),
                Operation(
                    "GET",
                    "/orders",
                    "List orders",
                    self.list_orders,
                    responses={HTTPStatus.OK: Response("The orders", Listing)},
                    parameters=(
                        Parameter(
                            "limit", "query", "How many", Annotated[int, Field(ge=1, le=100)]
                        ),
                    ),
                ),
                _open_to_all("/orders/{id}/brew", self.brew, receipt, order_id),
                _open_to_all("/failing", self.fail, receipt),
                _open_to_all("/failing-halfway", self.fail_halfway, receipt),
                _open_to_all("/events", self.stream, Response("Events", media_type=EVENT_STREAM)),
            ],
            drains=drains,
            readiness={"beans": lambda _: self.beans()},
            problems={
                OutOfBeansError: lambda _: Problem(
                    UNAVAILABLE, "there are no beans", retry_after=30
                )
            },
        )


def _open_to_all(
    path: str,
    handler: Handler,
    outcome: Response,
    *parameters: Parameter,
) -> Operation:
    return Operation(
        "GET",
        path,
        f"Ask for {path}",
        handler,
        responses={HTTPStatus.OK: outcome},
        role=Role.ANYONE,
        parameters=parameters,
    )


@dataclass(frozen=True)
class Serving:
    """A counter that is being served."""

    app: web.Application
    url: URL
    stop: asyncio.Event
    ended: asyncio.Task[None]


def counter_app(
    counter: Counter, limits: WebLimits | None = None, *drains: Hook
) -> web.Application:
    return create_app(
        [counter.service(*drains)], title="A counter", staff_key=STAFF_KEY, limits=limits
    )


@contextlib.asynccontextmanager
async def serving(
    counter: Counter | None = None,
    limits: WebLimits | None = None,
    grace_seconds: float = 5,
    *drains: Hook,
) -> AsyncIterator[Serving]:
    """Serve a counter on a free port for as long as the block lasts."""
    async with served(counter_app(counter or Counter(), limits, *drains), grace_seconds) as shop:
        yield shop


@contextlib.asynccontextmanager
async def served(app: web.Application, grace_seconds: float = 5) -> AsyncIterator[Serving]:
    """Serve an application on a free port for as long as the block lasts."""
    stop = asyncio.Event()
    url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    ended = asyncio.create_task(
        serve(
            app,
            port=0,
            stop=stop,
            grace_seconds=grace_seconds,
            on_listening=url.set_result,
        )
    )
    try:
        yield Serving(app, URL(await url), stop, ended)
    finally:
        stop.set()
        await ended


@contextlib.asynccontextmanager
async def connected(
    url: URL, source: str | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a bare connection to where `url` is served, from an address of this machine."""
    reader, writer = await asyncio.open_connection(
        url.host, url.port, local_addr=None if source is None else (source, 0)
    )
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def said_to(url: URL, *parts: bytes) -> str:
    """Send bytes as they are, and read until the other side closes."""
    async with connected(url) as (reader, writer):
        for part in parts:
            writer.write(part)
            await writer.drain()
        return (await reader.read()).decode()
