"""One HTTP connection: aiohttp's, within bounds, and with problems as its refusals."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, cast

import aiohttp
import structlog
from aiohttp import hdrs, web
from aiohttp.http_exceptions import LineTooLong

from shared.web.connections import Connections
from shared.web.headers import add_headers, correlation_id
from shared.web.problem import (
    HEADERS_TOO_LARGE,
    INTERNAL_ERROR,
    INVALID_REQUEST,
    TOO_BUSY,
    Problem,
    problem_response,
)

RETRY_AFTER_SECONDS = 5

_READ_BYTES = 32 * 1024
"""How much of one connection is read and parsed before the others have their turn."""

_FIRST_BYTES = 4 * 1024
_DISCARD_BYTES = 128 * 1024

_TINY_CHUNK = 16
_TINY_CHUNKS = 64
"""Bytes of a chunk with its size and its ends, and of as many as tell."""

log = structlog.stdlib.get_logger(__name__)


class Connection(web.RequestHandler):
    """Responds with a problem to what is not HTTP, and lets the sender read it before closing.

    Closing a socket that still has unread bytes resets it, and the response is lost. So our side
    is closed first, and what arrives is discarded until the sender closes its side.
    """

    __slots__ = ("_chunked", "_connections", "_left", "_limits", "_refused", "client")

    def __init__(self, server: web.Server, connections: Connections, **options: Any) -> None:
        limits = connections.limits
        super().__init__(
            server,
            keepalive_timeout=limits.idle_seconds,
            lingering_time=limits.linger_seconds,
            **options,
        )
        self.client: str | None = None
        self._chunked: aiohttp.StreamReader | None = None
        self._connections = connections
        self._limits = limits
        self._refused = False
        self._left = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Serve the connection if there is room for it; else say so and close it."""
        peer = transport.get_extra_info("peername")
        self.client = self._connections.client_of(peer[0]) if peer else None
        transport.max_size = _READ_BYTES  # type: ignore[attr-defined] # asyncio's own: 256 KiB
        if self._connections.admit(self):
            super().connection_made(transport)
        else:
            self._refused = True
            refused = cast("asyncio.Transport", transport)
            refused.write(_no_room())
            refused.close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Record that the other side has left."""
        self._connections.forget(self)
        self._left.set()
        super().connection_lost(exc)

    def abort(self) -> None:
        """Close the connection at once, without sending what is buffered."""
        if self.transport is not None:
            self.transport.abort()

    async def left(self) -> None:
        """Return once the other side has left."""
        await self._left.wait()

    def data_received(self, data: bytes) -> None:
        """Parse the data, unless this connection was refused and only waits for its end."""
        if self._chunked is not None and _is_of_tiny_chunks(data):
            self._refuse()
            self._chunked.set_exception(Problem(INVALID_REQUEST, "send larger chunks"))
        if not self._refused:
            if begins_tiny_chunks := _begins_tiny_chunks(data):
                data = data[:_FIRST_BYTES]
            super().data_received(data)
            if begins_tiny_chunks:
                self._refuse()

    def _refuse(self) -> None:
        """Discard what comes from now on, in large pieces."""
        self._refused = True
        if self.transport is not None:
            self.transport.max_size = _DISCARD_BYTES  # type: ignore[attr-defined]

    def refuse_tiny_chunks(self, content: aiohttp.StreamReader) -> None:
        """Refuse the rest of a body if it comes in chunks of a few bytes: each takes 1 µs.

        Then reading `content` raises a Problem of kind INVALID_REQUEST.
        """
        self._chunked = content
        if self._refused:
            content.set_exception(Problem(INVALID_REQUEST, "send larger chunks"))

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - it repeats what was sent
    ) -> web.StreamResponse:
        """Make a problem of what aiohttp could not read; raises when a response has begun."""
        if isinstance(exc, ConnectionError) or request.writer.output_size > 0:
            raise ConnectionResetError from exc
        self._refuse()
        response = problem_response(_problem(status, exc))
        add_headers(response, correlation_id())
        response.force_close()
        return response

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Write a response within its time; after a refusal, wait until the reader has it.

        From here on the connection may be closed to make room for another one. What has not come
        yet of the request's body is refused: nobody has asked for it.
        """
        self._chunked = None
        if not request.content.is_eof():
            self._refuse()
            resp.force_close()
        if self._connections.closing:
            resp.force_close()
        self._connections.rest(self)
        try:
            async with asyncio.timeout(self._limits.write_seconds):
                finished = await super().finish_response(request, resp, start_time)
        except TimeoutError:
            log.info("response.not_read")
            self.abort()
            return resp, True
        if self._refused and self.transport is not None and self.transport.can_write_eof():
            self.transport.write_eof()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._limits.linger_seconds):
                    await self._left.wait()
            self.force_close()
        return finished


def _is_of_tiny_chunks(data: bytes) -> bool:
    return len(data) >= _TINY_CHUNKS and data.count(b"\r\n") * _TINY_CHUNK > len(data)


def _begins_tiny_chunks(data: bytes) -> bool:
    """Return whether a head is followed by so many chunks that parsing them takes milliseconds."""
    long = len(data) > _FIRST_BYTES and _is_of_tiny_chunks(data)
    return long and b"chunked" in data[:_FIRST_BYTES].lower()


def _no_room() -> bytes:
    """Make the response to a connection that there is no room for."""
    detail = "as many connections as we can serve, or as one client may have, are open"
    response = problem_response(Problem(TOO_BUSY, detail, retry_after=RETRY_AFTER_SECONDS))
    add_headers(response, correlation_id())
    body = cast("bytes", response.body)
    headers = {**response.headers, hdrs.CONTENT_LENGTH: len(body), hdrs.CONNECTION: "close"}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 503 Service Unavailable\r\n{head}\r\n".encode() + body


def _problem(status: int, error: BaseException | None) -> Problem:
    log.info("request.refused", status=status, reason=type(error).__name__)
    if isinstance(error, LineTooLong):
        return Problem(HEADERS_TOO_LARGE, "a line of the request's head is too long")
    if status == INVALID_REQUEST.status:
        return Problem(INVALID_REQUEST, "what came is not HTTP as we read it")
    log.error("request.failed", exc_info=error)
    return Problem(INTERNAL_ERROR, "we have logged it")
