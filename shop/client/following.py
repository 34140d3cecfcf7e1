"""Follows one order live: the stream of its events, and the order itself to be sure of each."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from httpx_sse import ServerSentEvent, SSEError, aconnect_sse

from shop.client.answers import Json, content

AGAIN_SECONDS = 1.0
STREAM_SECONDS = 15.0
"""How long a stream is read before it is resumed, and the order looked up again."""

UNDER_WAY = frozenset({"placed", "preparing"})


@dataclass(frozen=True, slots=True)
class Change:
    """A state that the order reached, and when. Versions count from 1."""

    version: int
    state: str
    at: dt.datetime


class Following:
    """Follows an order; `tell` hears of each change once, in order, `latest` is the last."""

    def __init__(
        self, http: httpx.AsyncClient, order: Json, tell: Callable[[Change], None]
    ) -> None:
        self._http = http
        self._order_id = order["id"]
        self._tell = tell
        self._last_event_id: str | None = None
        self.latest = Change(0, "placed", _time(order["placed_at"]))
        self._catch_up(order)

    async def to_the_end(self) -> Change:
        """Return the change after which nothing more is prepared; raises ProblemError."""
        while self.latest.state in UNDER_WAY:
            try:
                async with asyncio.timeout(STREAM_SECONDS):
                    await self._read_stream()
            except TimeoutError:
                continue
            except (httpx.TransportError, SSEError):
                await asyncio.sleep(AGAIN_SECONDS)
        return self.latest

    async def _read_stream(self) -> None:
        """Read until the order is done or the stream ends; it is looked up once that is open."""
        headers = {"Last-Event-ID": self._last_event_id} if self._last_event_id else {}
        question = {"topics": "order-events", "order_id": self._order_id}
        async with aconnect_sse(
            self._http, "GET", "/events", params=question, headers=headers
        ) as source:
            await self._look_up()
            if not source.response.is_success:
                raise httpx.RemoteProtocolError("the stream of events was refused")
            async for event in source.aiter_sse():
                await self._hear(event)
                if self.latest.state not in UNDER_WAY:
                    return
        await asyncio.sleep(AGAIN_SECONDS)

    async def _hear(self, event: ServerSentEvent) -> None:
        self._last_event_id = event.id or self._last_event_id
        change = _change(event)
        if change is not None and change.version == self.latest.version + 1:
            self._advance(change)
        elif change is None or change.version > self.latest.version:
            await self._look_up()

    async def _look_up(self) -> None:
        response = await self._http.get(f"/orders/{self._order_id}")
        if response.is_server_error:
            raise httpx.RemoteProtocolError("the order could not be looked up")
        self._catch_up(content(response))

    def _catch_up(self, order: Json) -> None:
        for version, entry in enumerate(order["timeline"], start=1):
            if version > self.latest.version:
                self._advance(Change(version, entry["state"], _time(entry["at"])))

    def _advance(self, change: Change) -> None:
        self.latest = change
        self._tell(change)


def _change(event: ServerSentEvent) -> Change | None:
    """Read an order's event; none when it is something else, such as a `reset`."""
    try:
        told = json.loads(event.data)
        change = told["data"]
        return Change(int(change["version"]), str(change["state"]), _time(told["time"]))
    except (ValueError, KeyError, TypeError):
        return None


def _time(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
