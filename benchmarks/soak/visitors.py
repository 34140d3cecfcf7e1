"""Clients that come and go during the load; most of them break off in the middle of a request."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
from yarl import URL

from shop.client.connection import OUT_OF_REACH, connect
from shop.client.live_stream import LiveStream

LONGEST_STAY_SECONDS = 8.0
STAYING = 2
"""How many visitors stay to the end."""

A_STREAM = b"GET /events?topics=board HTTP/1.1\r\nHost: shop\r\n\r\n"
HALF_AN_ORDER = (
    b"POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
    b'Content-Length: 100\r\n\r\n{"customer_name": "Ada", "ite'
)


class Visitors:
    """Visitors of one shop; `visits` counts them by what they did."""

    def __init__(self, url: str) -> None:
        self._url = URL(url)
        self._draw = random.Random()  # noqa: S311 - when somebody leaves guards nothing
        self.visits: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def present(self, coming_and_going: int) -> AsyncIterator[None]:
        """Keep so many visitors coming and going, and some that stay, while the block lasts."""
        async with connect(str(self._url), connections=coming_and_going + STAYING) as http:
            tasks = [asyncio.create_task(self._come_and_go(http)) for _ in range(coming_and_going)]
            tasks += [asyncio.create_task(self._stay(http)) for _ in range(STAYING)]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)

    async def _stay(self, http: aiohttp.ClientSession) -> None:
        stream = LiveStream(http, topics="board")
        while True:
            with contextlib.suppress(*OUT_OF_REACH):
                async with stream.open() as events:
                    async for _ in events:
                        pass
            await asyncio.sleep(1)

    async def _come_and_go(self, http: aiohttp.ClientSession) -> None:
        visits: dict[str, Callable[[], Awaitable[None]]] = {
            "watched a little": lambda: self._watch(http, self._draw.randint(1, 50)),
            "canceled a read": lambda: self._watch(http, None),
            "cut a stream": lambda: self._cut(A_STREAM),
            "cut an order": lambda: self._cut(HALF_AN_ORDER),
        }
        while True:
            name, visit = self._draw.choice(list(visits.items()))
            with contextlib.suppress(OSError, *OUT_OF_REACH):
                await visit()
            self.visits[name] += 1

    async def _watch(self, http: aiohttp.ClientSession, events: int | None) -> None:
        """Watch the board for so many events, or until a read is canceled by the time."""
        async with (
            asyncio.timeout(self._a_while()),
            LiveStream(http, topics="board").open() as stream,
        ):
            async for _ in stream:
                events = events and events - 1
                if events == 0:
                    return

    async def _cut(self, request: bytes) -> None:
        """Begin a request, and reset its connection after a while."""
        _, writer = await asyncio.open_connection(self._url.host, self._url.port)
        try:
            writer.write(request)
            await asyncio.sleep(self._a_while())
        finally:
            writer.transport.abort()

    def _a_while(self) -> float:
        return self._draw.uniform(0.1, LONGEST_STAY_SECONDS)
