"""One HTTP connection: aiohttp's, except for its response to what is not HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import structlog
from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from shared.web.headers import add_headers, correlation_id
from shared.web.limits import WebLimits
from shared.web.problem import (
    HEADERS_TOO_LARGE,
    INTERNAL_ERROR,
    INVALID_REQUEST,
    Problem,
    problem_response,
)

log = structlog.stdlib.get_logger(__name__)


class Connection(web.RequestHandler):
    """Responds with a problem to what is not HTTP, and lets the sender read it before closing.

    Closing a socket that still has unread bytes resets it, and the response is lost. So our side
    is closed first, and what arrives is discarded until the sender closes its side.
    """

    __slots__ = ("_left", "_limits", "_refused")

    def __init__(self, server: web.Server, limits: WebLimits, **options: Any) -> None:
        super().__init__(
            server,
            keepalive_timeout=limits.idle_seconds,
            lingering_time=limits.linger_seconds,
            **options,
        )
        self._limits = limits
        self._refused = False
        self._left = asyncio.Event()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Record that the other side has left."""
        self._left.set()
        super().connection_lost(exc)

    async def left(self) -> None:
        """Return once the other side has left."""
        await self._left.wait()

    def data_received(self, data: bytes) -> None:
        """Parse the data, unless this connection was refused and only waits for its end."""
        if not self._refused:
            super().data_received(data)

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
        self._refused = True
        response = problem_response(_problem(status, exc))
        add_headers(response, correlation_id())
        response.force_close()
        return response

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Write a response; after a refusal, wait until the reader has it."""
        finished = await super().finish_response(request, resp, start_time)
        if self._refused and self.transport is not None and self.transport.can_write_eof():
            self.transport.write_eof()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._limits.linger_seconds):
                    await self._left.wait()
        return finished


def _problem(status: int, error: BaseException | None) -> Problem:
    log.info("request.refused", status=status, reason=type(error).__name__)
    if isinstance(error, LineTooLong):
        return Problem(HEADERS_TOO_LARGE, "a line of the request's head is too long")
    if status == INVALID_REQUEST.status:
        return Problem(INVALID_REQUEST, "what came is not HTTP as we read it")
    log.error("request.failed", exc_info=error)
    return Problem(INTERNAL_ERROR, "we have logged it")
