"""Live streams that are read as cheaply as possible, and count the events that come on them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from urllib.parse import urlencode

_OPENED = b"retry: 2000\n"
_EVENT = b'"specversion"'
_AT_ONCE = 50
_OPEN_SECONDS = 30.0


class CountedStream(asyncio.Protocol):
    """One stream; calls `came` with the number of events in what was received."""

    def __init__(self, query: str, came: Callable[[int], None]) -> None:
        self._request = f"GET /events?{query} HTTP/1.1\r\nHost: shop\r\n\r\n".encode()
        self._came = came
        self._rest = b""
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count the events."""
        text = self._rest + data
        if not self.opened.done() and _OPENED in text:
            self.opened.set_result(None)
        if count := text.count(_EVENT):
            self._came(count)
            text = text[text.rindex(_EVENT) + len(_EVENT) :]
        self._rest = text[1 - len(_EVENT) :]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - either way it ended
        """Note the end of a stream that never began."""
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the stream was not opened"))


def board() -> str:
    """The query of a screen that shows the board."""
    return urlencode({"topics": "board"})


def of_order(order_id: str) -> str:
    """The query of a customer's page, which follows one order."""
    return urlencode({"topics": "order-events", "order_id": order_id})


@contextlib.asynccontextmanager
async def open_streams(
    port: int, queries: Iterable[str], came: Callable[[int], None]
) -> AsyncIterator[None]:
    """Keep a stream open for each query, for as long as the block lasts."""
    left = list(queries)
    async with contextlib.AsyncExitStack() as stack:
        while left:
            some, left = left[:_AT_ONCE], left[_AT_ONCE:]
            async with asyncio.timeout(_OPEN_SECONDS):
                await _open(port, some, came, stack)
        yield


async def _open(
    port: int,
    queries: Sequence[str],
    came: Callable[[int], None],
    stack: contextlib.AsyncExitStack,
) -> None:
    async def one(query: str) -> None:
        transport, stream = await asyncio.get_running_loop().create_connection(
            lambda: CountedStream(query, came), "127.0.0.1", port
        )
        stack.callback(transport.abort)
        await stream.opened

    await asyncio.gather(*map(one, queries))
