"""Follows one order live: its event stream, and the order itself in case events are missing."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from http import HTTPStatus

import aiohttp

from shop.client.answers import Json, content
from shop.client.live_stream import UNDER_WAY, Change, Event, LiveStream, change_in

RECONNECT_SECONDS = 1.0
STREAM_SECONDS = 15.0
"""How long a stream is read before it is resumed, and the order read again."""

AWAY_SECONDS = 20.0
"""How long a shop may be away before it counts as closed: it restarts within a few seconds."""


class ShopGoneError(Exception):
    """The shop has closed, or does not answer any more."""


class OrderFollower:
    """Calls `on_change` with each change of an order once, in order; `latest` is the last.

    `on_lost` is called when the shop stops answering.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        order: Json,
        on_change: Callable[[Change], None],
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self._http = http
        self._on_lost = on_lost
        self._lost_at: float | None = None
        self._order_id = order["id"]
        self._on_change = on_change
        self._stream = LiveStream(http, topics="order-events", order_id=self._order_id)
        self.latest = Change(self._order_id, 0, "placed", _time(order["placed_at"]))
        self._catch_up(order)

    async def follow(self) -> Change:
        """Return the change that ended the order's preparation.

        Raises ProblemError, and ShopGoneError when the shop stays away.
        """
        while self._is_under_way:
            try:
                async with asyncio.timeout(STREAM_SECONDS):
                    await self._read_stream()
            except aiohttp.ClientError as error:  # some of which are TimeoutErrors
                self._lose(error)
                await asyncio.sleep(RECONNECT_SECONDS)
            except TimeoutError:
                continue
        return self.latest

    def _lose(self, error: aiohttp.ClientError) -> None:
        """Note since when the shop has not answered; raises ShopGoneError after AWAY_SECONDS."""
        now = asyncio.get_running_loop().time()
        if self._lost_at is None:
            self._lost_at = now
            self._on_lost()
        elif now - self._lost_at > AWAY_SECONDS:
            raise ShopGoneError from error

    async def _read_stream(self) -> None:
        """Read until the order or the stream ends; the order is read once the stream is open."""
        async with self._stream.open() as events:
            await self._read_order()
            while self._is_under_way:
                event = await anext(events, None)
                if event is None:
                    raise aiohttp.ServerDisconnectedError
                await self._handle(event)

    @property
    def _is_under_way(self) -> bool:
        return self.latest.state in UNDER_WAY

    async def _handle(self, event: Event) -> None:
        change = change_in(event)
        if change is not None and change.version == self.latest.version + 1:
            self._advance(change)
        elif change is None or change.version > self.latest.version:
            await self._read_order()

    async def _read_order(self) -> None:
        async with self._http.get(f"orders/{self._order_id}") as response:
            if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                response.raise_for_status()
            self._catch_up(await content(response))
            self._lost_at = None

    def _catch_up(self, order: Json) -> None:
        for version, entry in enumerate(order["timeline"], start=1):
            if version > self.latest.version:
                self._advance(Change(order["id"], version, entry["state"], _time(entry["at"])))

    def _advance(self, change: Change) -> None:
        self.latest = change
        self._on_change(change)


def _time(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
