"""Follows one order live: the stream of its events, and the order itself to be sure of each."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from http import HTTPStatus

import aiohttp

from shop.client.answers import Json, content
from shop.client.live_stream import Event, LiveStream
from shop.client.order_change import UNDER_WAY, Change, change_in

AGAIN_SECONDS = 1.0
STREAM_SECONDS = 15.0
"""How long a stream is read before it is resumed, and the order looked up again."""


class Following:
    """Follows an order; `tell` hears of each change once, in order, `latest` is the last."""

    def __init__(
        self, http: aiohttp.ClientSession, order: Json, tell: Callable[[Change], None]
    ) -> None:
        self._http = http
        self._order_id = order["id"]
        self._tell = tell
        self._stream = LiveStream(http, topics="order-events", order_id=self._order_id)
        self.latest = Change(self._order_id, 0, "placed", _time(order["placed_at"]))
        self._catch_up(order)

    async def to_the_end(self) -> Change:
        """Return the change after which nothing more is prepared; raises ProblemError."""
        while self._is_under_way:
            try:
                async with asyncio.timeout(STREAM_SECONDS):
                    await self._read_stream()
            except TimeoutError:
                continue
            except aiohttp.ClientError:
                await asyncio.sleep(AGAIN_SECONDS)
        return self.latest

    async def _read_stream(self) -> None:
        """Read until the order is done or the stream ends; it is looked up once that is open."""
        async with self._stream.open() as events:
            await self._look_up()
            while self._is_under_way:
                event = await anext(events, None)
                if event is None:
                    raise aiohttp.ServerDisconnectedError
                await self._hear(event)

    @property
    def _is_under_way(self) -> bool:
        return self.latest.state in UNDER_WAY

    async def _hear(self, event: Event) -> None:
        change = change_in(event)
        if change is not None and change.version == self.latest.version + 1:
            self._advance(change)
        elif change is None or change.version > self.latest.version:
            await self._look_up()

    async def _look_up(self) -> None:
        async with self._http.get(f"orders/{self._order_id}") as response:
            if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                response.raise_for_status()
            self._catch_up(await content(response))

    def _catch_up(self, order: Json) -> None:
        for version, entry in enumerate(order["timeline"], start=1):
            if version > self.latest.version:
                self._advance(Change(order["id"], version, entry["state"], _time(entry["at"])))

    def _advance(self, change: Change) -> None:
        self.latest = change
        self._tell(change)


def _time(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
