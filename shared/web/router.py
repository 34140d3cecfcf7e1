"""The router, built from the table: who may call, within which limits, and which handler."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import cast

from aiohttp import HttpVersion11, hdrs, web

from shared.domain.staff import StaffRole
from shared.web.body import CLOSE_CONNECTION, is_form, most_bytes, receive, too_large
from shared.web.caller import identify, require_staff
from shared.web.connections import CONNECTIONS, Closable
from shared.web.limits import LIMITS, Turns, WebLimits
from shared.web.operation import FOR_STAFF, OPERATION, Handler, Operation, Role
from shared.web.problem import EXPECTATION_FAILED, TOO_BUSY, Problem, problem_response
from shared.web.rate_limit import REQUEST_RATE

RETRY_AFTER_SECONDS = 1
STREAM_RETRY_SECONDS = 30
"""Streams stay open for long, so that room for another one is seldom made sooner."""

_VARIABLE = re.compile(r"\{[^}]*\}")


class ConcurrencyLimit:
    """Limits the requests served, and the long bodies received, at the same time.

    Streams do not count: they wait more than they work.
    """

    def __init__(self, limits: WebLimits) -> None:
        self._limits = limits
        self._free_requests = limits.requests_at_once
        self._free_bytes = limits.long_bodies_bytes
        self._streams: set[asyncio.Task[object]] = set()

    @contextlib.contextmanager
    def body(self, length: int) -> Iterator[None]:
        """Reserve space for a body during the block; raises a Problem of kind TOO_BUSY.

        A short body needs no space, and so is never refused. `length` is what its sender has
        announced, or else the longest allowed.
        """
        needed = length if length > self._limits.short_body_bytes else 0
        if needed > self._free_bytes:
            detail = "as many long bodies as we have room for are on their way"
            retry = RETRY_AFTER_SECONDS
            raise Problem(TOO_BUSY, detail, retry_after=retry, headers=CLOSE_CONNECTION)
        self._free_bytes -= needed
        try:
            yield
        finally:
            self._free_bytes += needed

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """Occupy a place during the block; raises a Problem of kind TOO_BUSY."""
        if self._free_requests <= 0:
            detail = "as many requests as we can serve at once are being served"
            raise Problem(TOO_BUSY, detail, retry_after=RETRY_AFTER_SECONDS)
        self._free_requests -= 1
        try:
            yield
        finally:
            self._free_requests += 1

    @contextlib.contextmanager
    def stream(self) -> Iterator[None]:
        """Register the current task as a stream during the block, for `end_streams` to cancel.

        Raises a Problem of kind TOO_BUSY when there are as many as connections allow.
        """
        if len(self._streams) >= self._limits.streams_at_once:
            detail = "as many streams as we have connections for are open"
            raise Problem(TOO_BUSY, detail, retry_after=STREAM_RETRY_SECONDS)
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a stream runs in a task")
        self._streams.add(task)
        try:
            yield
        finally:
            self._streams.discard(task)

    async def end_streams(self, _: object) -> None:
        """Cancel the streams that the services have not ended themselves (a shutdown signal)."""
        for task in self._streams:
            task.cancel()


def add_operations(
    router: web.UrlDispatcher, operations: Iterable[Operation], concurrency: ConcurrencyLimit
) -> None:
    """Add a route for every operation, and one for HEAD beside every GET that is no stream.

    Raises ValueError when two operations have one method and path.
    """
    taken: dict[tuple[str, str], Operation] = {}
    turns = Turns()
    for operation in operations:
        route = (operation.method, _VARIABLE.sub("{}", operation.path))
        if (other := taken.setdefault(route, operation)) is not operation:
            message = f"{_named(operation)} and {_named(other)} have the same route"
            raise ValueError(message)
        handler = _guarded(operation, concurrency, turns)
        expect_handler = functools.partial(_continue, operation)
        for method in _methods(operation):
            router.add_route(method, operation.path, handler, expect_handler=expect_handler)


def _guarded(operation: Operation, concurrency: ConcurrencyLimit, turns: Turns) -> Handler:
    """Check what every operation has in common before its handler runs.

    The body is received before the request occupies a place, so that slow senders hold none.
    """
    served: Callable[[], contextlib.AbstractContextManager[None]] = concurrency.request
    if operation.always_served or operation.receives_body:
        served = contextlib.nullcontext
    elif operation.is_stream:
        served = concurrency.stream

    async def guarded(request: web.Request) -> web.StreamResponse:
        request[OPERATION] = operation
        await _admit(operation, request)
        length, most = request.content_length, most_bytes(request)
        if (length or 0) > most:
            raise too_large(request)
        if _has_json_body(operation, request):
            with concurrency.body(most if length is None else length):
                await receive(request)
        if not operation.receives_body:
            keep_connection(request)
        if operation.turns:
            await turns.wait()
        with served():
            return await operation.handler(request)

    return guarded


async def _admit(operation: Operation, request: web.Request) -> None:
    """Look up who the caller is, and refuse who asks too often or has no key for it."""
    if not operation.always_served:
        if operation.role is not Role.SUBSCRIBER:
            await identify(request)
        await request.app[REQUEST_RATE].admit(request)
    if operation.role in FOR_STAFF:
        require_staff(request, StaffRole(operation.role))


def keep_connection(request: web.Request) -> None:
    """Let the connection not be closed, to make room for another one, until it is answered."""
    request.app[CONNECTIONS].idle.pop(cast("Closable", request.protocol), None)


def _has_json_body(operation: Operation, request: web.Request) -> bool:
    if operation.body is None or (operation.takes_form and is_form(request)):
        return False
    return operation.body_required or request.body_exists


def _methods(operation: Operation) -> tuple[str, ...]:
    if operation.method == hdrs.METH_GET and not operation.is_stream:
        return (hdrs.METH_GET, hdrs.METH_HEAD)
    return (operation.method,)


def _named(operation: Operation) -> str:
    return f"{operation.summary!r} ({operation.method} {operation.path})"


async def _continue(operation: Operation, request: web.Request) -> web.Response | None:
    """Send 100 Continue to a caller who waits for it, unless the body will be refused.

    Expectations over HTTP/1.0 are ignored, and others are not met (RFC 9110, section 10.1.1).
    """
    if request.version < HttpVersion11:
        return None
    expected = ", ".join(request.headers.getall(hdrs.EXPECT))
    if expected.strip().lower() != "100-continue":
        return problem_response(Problem(EXPECTATION_FAILED, "we meet only 100-continue"))
    if (request.content_length or 0) <= (operation.body_bytes or request.app[LIMITS].body_bytes):
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    return None
