"""HTTP/1.1 for the emulator's few clients, at little cost for each request.

A connection's requests are answered one at a time. Who is refused is refused by the head of the
request, before its body is read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus

import httptools
import structlog

from shop.emulator.messages import Answer, Application, Head, Response

KEEP_ALIVE_SECONDS = 75.0
MAX_HEAD_BYTES = 2**16
MAX_BODY_BYTES = 2**25
"""More than DynamoDB takes, which takes the most: 16 MB in a batch."""

log = structlog.stdlib.get_logger(__name__)


class Connection(asyncio.Protocol):
    """Reads a request, answers it, and reads the next one; `on_end` is called when it has ended."""

    def __init__(self, app: Application, on_end: Callable[[Connection], None]) -> None:
        self._app = app
        self._on_end = on_end
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._used = time.monotonic()
        self.answering: asyncio.Task[None] | None = None
        self.on_message_begin()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to answer."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
        self._close_when_idle()

    def data_received(self, data: bytes) -> None:
        """Feed the parser, which calls the methods that begin with `on_`."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse(_empty(HTTPStatus.BAD_REQUEST))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - ended either way
        """Give up what is under way: a long poll would take messages for nobody."""
        self.close()
        self._on_end(self)

    def close(self) -> None:
        """End the connection, and the answer under way."""
        if self._idle is not None:
            self._idle.cancel()
        if self.answering is not None:
            self.answering.cancel()
        if self._transport is not None:
            self._transport.close()

    def on_message_begin(self) -> None:
        """Begin a request; pipelined ones, which no client of AWS sends, end the connection."""
        if self.answering is not None:
            raise ValueError("requests are not pipelined")
        self._target = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._bytes = 0
        self._answer: Answer | None = None

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target."""
        self._target += url
        self._count(len(url), MAX_HEAD_BYTES)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; the values of a repeated one are joined, by RFC 9110, section 5.3."""
        self._count(len(name) + len(value), MAX_HEAD_BYTES)
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        """Let the application decide whether to read on."""
        method, target = self._parser.get_method().decode(), self._target.decode("latin-1")
        decided = self._app(Head(method, target, self._headers))
        self._bytes = 0
        if isinstance(decided, Response):
            self._refuse(decided)
        else:
            self._answer = decided

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body of a request that was not refused."""
        if self._answer is not None:
            self._count(len(body), MAX_BODY_BYTES)
            self._body.append(body)

    def on_message_complete(self) -> None:
        """Answer the request."""
        if self._answer is not None:
            loop = asyncio.get_running_loop()
            keep_alive = self._parser.should_keep_alive()
            self.answering = loop.create_task(
                self._finish(self._answer, b"".join(self._body), keep_alive=keep_alive)
            )

    async def _finish(self, answer: Answer, body: bytes, *, keep_alive: bool) -> None:
        try:
            response = await answer(body)
        except Exception:  # the outermost edge of a request: the client sees that it failed
            log.exception("emulator.failed")
            response = _empty(HTTPStatus.INTERNAL_SERVER_ERROR)
        self.answering = None
        self._used = time.monotonic()
        self._send(response, keep_alive=keep_alive)

    def _send(self, response: Response, *, keep_alive: bool) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(response.encoded(keep_alive=keep_alive))
        if not keep_alive:
            self.close()

    def _refuse(self, response: Response) -> None:
        self._answer = None
        self._send(response, keep_alive=False)

    def _count(self, more: int, limit: int) -> None:
        self._bytes += more
        if self._bytes > limit:
            raise ValueError("the request is too long")

    def _close_when_idle(self) -> None:
        if self.answering is None and time.monotonic() - self._used >= KEEP_ALIVE_SECONDS:
            self.close()
            return
        loop = asyncio.get_running_loop()
        self._idle = loop.call_later(KEEP_ALIVE_SECONDS, self._close_when_idle)


def _empty(status: HTTPStatus) -> Response:
    return Response(status, {}, b"")
