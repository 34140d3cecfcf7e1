"""A line between a service and the emulator that a test can cut, or let fall silent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from yarl import URL


class Line:
    """Carries bytes both ways between whoever connects and `port`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._clear = asyncio.Event()
        self._clear.set()
        self._talks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.url = URL()

    async def connect(self) -> None:
        """Take connections: again, on the same port, after `cut`."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", self.url.port or 0)
        _, port = self._server.sockets[0].getsockname()
        self.url = URL.build(scheme="http", host="127.0.0.1", port=port)

    async def cut(self) -> None:
        """Refuse connections, and break off those that there are."""
        if self._server is not None:
            self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def fall_silent(self) -> None:
        """Take connections and whatever comes by them, and give nothing back."""
        self._clear.clear()

    def speak(self) -> None:
        """Carry on, with what was held back first."""
        self._clear.set()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.create_task(self._carry_both_ways(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await talk

    async def _carry_both_ways(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))
        finally:
            writer.close()
            far_writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65_536):
            await self._clear.wait()
            writer.write(chunk)
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def line_to(url: str) -> AsyncIterator[Line]:
    """Lay a line to where `url` is served, for as long as the block lasts."""
    port = URL(url).port
    assert port is not None
    line = Line(port)
    await line.connect()
    try:
        yield line
    finally:
        line.speak()
        await line.cut()
