"""HTTP as cheaply as a load can be made: requests written by hand, answers found in the bytes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.IGNORECASE)
_READY = re.compile(rb'"subject":"([a-z0-9]+)"[^\n]*"state":"ready"[^\n]*\n')
_END_OF_HEAD = b"\r\n\r\n"
_LONGEST_LINE = 4096


def address(url: str) -> tuple[str, int]:
    """Return the host and the port of a shop's address."""
    parts = urlsplit(url)
    return parts.hostname or "127.0.0.1", parts.port or 80


class Exchange(asyncio.Protocol):
    """One keep-alive connection: one request at a time, answered with its status and body."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._received = b""
        self._length: int | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to write."""
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    @property
    def is_open(self) -> bool:
        """Whether the shop has not closed it, as it does one that was idle for long."""
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """Send a request; its answer may fail with ConnectionError."""
        self._answer = asyncio.get_running_loop().create_future()
        if self._transport is not None and self.is_open:
            self._transport.write(request)
        else:
            self._answer.set_exception(ConnectionResetError("the shop has closed the connection"))
        return self._answer

    def data_received(self, data: bytes) -> None:
        """Answer once the whole body is there."""
        self._received += data
        if self._length is None and (head := self._received.find(_END_OF_HEAD)) >= 0:
            found = _LENGTH.search(self._received, 0, head + 2)
            self._length = head + len(_END_OF_HEAD) + int(found[1] if found else 0)
        if self._length is None or len(self._received) < self._length:
            return
        status, body = int(self._received[9:12]), self._received[: self._length]
        self._received, self._length = b"", None
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((status, body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what waits for an answer."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the shop closed"))


class ReadyStream(asyncio.Protocol):
    """The live stream of all orders; calls `on_ready` with the id of each that becomes ready.

    It asks in HTTP 1.0, so that events are not cut into chunks.
    """

    def __init__(self, host: str, key: str, on_ready: Callable[[bytes], None]) -> None:
        self._request = (
            f"GET /events?topics=order-events HTTP/1.0\r\nHost: {host}\r\n"
            f"Authorization: Bearer {key}\r\n\r\n"
        ).encode()
        self._on_ready = on_ready
        self._rest = b""
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Find whole events."""
        text = self._rest + data
        if not self.opened.done() and b"retry:" in text:
            self.opened.set_result(None)
        end = 0
        for found in _READY.finditer(text):
            self._on_ready(found[1])
            end = found.end()
        self._rest = text[max(end, len(text) - _LONGEST_LINE) :]

    def connection_lost(self, exc: Exception | None) -> None:
        """Note it: orders that become ready from now on are not seen."""
        self.lost = True
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionResetError("the shop refused the stream"))
