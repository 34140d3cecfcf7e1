"""Live streams that are read as cheaply as possible, and stalled ones that nobody reads."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator, Callable

from benchmarks.streams.times import NUMBER, TOPIC

_REQUEST = f"GET /events?topics={TOPIC} HTTP/1.1\r\nHost: shop\r\n\r\n".encode()
_OPENED = b"retry: 2000\n"
_NUMBER = re.compile(rb'"%b":(\d+)\}' % NUMBER.encode())
_LONGEST_NUMBER = 32
_BUFFER_BYTES = 256 * 1024
_AT_ONCE = 50
_OPEN_SECONDS = 30.0
_SMALL_BUFFER_BYTES = 4096
"""What the kernel may buffer for a stalled stream."""


class Reader(asyncio.BufferedProtocol):
    """Reads one stream, and calls `received` with the number of each event once it is complete.

    All readers share one `buffer`: each empties it before the next one fills it.
    """

    def __init__(self, received: Callable[[int], None], buffer: memoryview) -> None:
        self._received = received
        self._buffer = buffer
        self._rest = b""
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(_REQUEST)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - it takes what there is
        """Lend the common buffer."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Find the ends of events in the received bytes."""
        text = self._rest + bytes(self._buffer[:nbytes])
        if not self.is_open:
            self._open(text)
        end = 0
        for found in _NUMBER.finditer(text):
            self._received(int(found[1]))
            end = found.end()
        self._rest = text[max(end, len(text) - _LONGEST_NUMBER) :]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - either way it ended
        """Note the end of the stream."""
        self.is_open = False
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the stream was not opened"))

    def _open(self, text: bytes) -> None:
        if _OPENED in text:
            self.is_open = True
            self.opened.set_result(None)


class Streams:
    """The streams of one notifier, on `port` of this machine; `received` gets event numbers."""

    def __init__(self, port: int, received: Callable[[int], None]) -> None:
        self._port = port
        self._received = received
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))

    @contextlib.asynccontextmanager
    async def readers(self, count: int) -> AsyncIterator[list[Reader]]:
        """Keep so many streams open, all of them read, for as long as the block lasts."""
        async with contextlib.AsyncExitStack() as stack:
            readers: list[Reader] = []
            while missing := count - len(readers):
                opening = (self._read(stack) for _ in range(min(missing, _AT_ONCE)))
                async with asyncio.timeout(_OPEN_SECONDS):
                    readers += await asyncio.gather(*opening)
            yield readers

    @contextlib.asynccontextmanager
    async def stalled(self, count: int) -> AsyncIterator[None]:
        """Keep so many streams open that nobody reads, for as long as the block lasts."""
        with contextlib.ExitStack() as stack:
            for _ in range(count):
                stream = stack.enter_context(socket.socket())
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER_BYTES)
                stream.setblocking(False)
                loop = asyncio.get_running_loop()
                async with asyncio.timeout(_OPEN_SECONDS):
                    await loop.sock_connect(stream, ("127.0.0.1", self._port))
                    await loop.sock_sendall(stream, _REQUEST)
            yield

    async def _read(self, stack: contextlib.AsyncExitStack) -> Reader:
        loop = asyncio.get_running_loop()
        transport, reader = await loop.create_connection(
            lambda: Reader(self._received, self._buffer), "127.0.0.1", self._port
        )
        stack.callback(transport.abort)
        await reader.opened
        return reader
