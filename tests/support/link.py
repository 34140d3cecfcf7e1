"""A TCP link between a service and the emulator that a test can cut, or silence."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from yarl import URL


class Link:
    """Carries bytes both ways between its clients and `port`, whose name the requests then bear."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._clear = asyncio.Event()
        self._clear.set()
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.url = URL()
        self.streams = 0
        """How often a client has asked for a live stream."""

    async def connect(self) -> None:
        """Take connections: again, on the same port, after `cut`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.url.port or 0)
        _, port = self._server.sockets[0].getsockname()
        self.url = URL.build(scheme="http", host="127.0.0.1", port=port)

    async def cut(self) -> None:
        """Refuse new connections, and break the open ones."""
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def silence(self) -> None:
        """Take connections and bytes, and give nothing back."""
        self._clear.clear()

    def resume(self) -> None:
        """Carry on, and first with what was held back."""
        self._clear.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._carry_both_ways(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await connection

    async def _carry_both_ways(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            await asyncio.gather(
                self._carry(reader, far_writer, self._names), self._carry(far_reader, writer)
            )
        finally:
            writer.close()
            far_writer.close()

    @property
    def _names(self) -> tuple[bytes, bytes]:
        """The `Host` of a request to this link, and the one that the emulator accepts."""
        return b"Host: 127.0.0.1:%d" % (self.url.port or 0), b"Host: 127.0.0.1:%d" % self._port

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        names: tuple[bytes, bytes] = (b"", b""),
    ) -> None:
        while chunk := await reader.read(65_536):
            self.streams += b"GET /events" in chunk
            await self._clear.wait()
            writer.write(chunk.replace(*names) if names[0] else chunk)
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def link_to(url: str) -> AsyncIterator[Link]:
    """Open a link to the server of `url`, for as long as the block lasts."""
    port = URL(url).port
    assert port is not None
    link = Link(port)
    await link.connect()
    try:
        yield link
    finally:
        link.resume()
        await link.cut()
