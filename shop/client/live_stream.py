"""The live stream as a client reads it: server-sent events, resumed where they broke off."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

import aiohttp

from shop.client.answers import ProblemError, require_success
from shop.client.connection import CONNECT_SECONDS

SILENCE_SECONDS = 15.0
"""After which a stream is considered dead; a shop sends something every 2 s."""

HEARTBEAT = "beat"
"""The kind of the events that show only that the stream is alive."""

UNDER_WAY = frozenset({"placed", "preparing"})
"""The states of an order that has not ended."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event that has data; its kind is `message` unless the shop names another."""

    kind: str
    data: str


@dataclass(frozen=True, slots=True)
class Change:
    """A state that an order reached, and when. Versions count from 1."""

    order_id: str
    version: int
    state: str
    at: dt.datetime


def change_in(event: Event) -> Change | None:
    """Read an order's event; None for any other event, such as a `reset`."""
    try:
        announcement = json.loads(event.data)
        data, at = announcement["data"], dt.datetime.fromisoformat(announcement["time"])
        return Change(str(data["order_id"]), int(data["version"]), str(data["state"]), at)
    except (ValueError, KeyError, TypeError):
        return None


class StreamRefusedError(aiohttp.ClientError):
    """The shop does not open the stream; `problem` is its reason."""

    def __init__(self, problem: ProblemError) -> None:
        super().__init__(str(problem))
        self.problem = problem


class EventLines:
    """Assembles events from lines, by the HTML standard (section 9.2.6).

    `last_event_id` is that of the last whole event, with data or without.
    """

    def __init__(self, last_event_id: str | None = None) -> None:
        self.last_event_id = last_event_id
        self._fields: dict[str, str] = {}

    def read(self, line: str) -> Event | None:
        """Read one more line, without its end; return the event that it completes."""
        if line:
            self._gather(line)
            return None
        fields, self._fields = self._fields, {}
        self.last_event_id = fields.get("id", self.last_event_id)
        if "data" not in fields:
            return None
        return Event(fields.get("event") or "message", fields["data"])

    def _gather(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data" and "data" in self._fields:
            value = f"{self._fields['data']}\n{value}"
        self._fields[name] = value


class LiveStream:
    """The events of a selection; opened again, it resumes after the last event that was read."""

    def __init__(self, http: aiohttp.ClientSession, **selection: str) -> None:
        self._http = http
        self._selection = selection
        self.last_event_id: str | None = None
        self.is_open = False

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Event]]:
        """Give the events until the stream ends.

        Raises aiohttp.ClientError or TimeoutError. When the shop refuses the stream, reading
        from it raises StreamRefusedError, which is a ClientError.
        """
        headers = {"Last-Event-ID": self.last_event_id} if self.last_event_id else {}
        timeout = aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS)
        async with self._http.get(
            "events", params=self._selection, headers=headers, timeout=timeout
        ) as response:
            self.is_open = response.ok
            try:
                async with contextlib.aclosing(self._events(response)) as events:
                    yield events
            finally:
                self.is_open = False

    async def _events(self, response: aiohttp.ClientResponse) -> AsyncGenerator[Event, None]:
        try:
            await require_success(response)
        except ProblemError as problem:
            raise StreamRefusedError(problem) from None
        lines = EventLines(self.last_event_id)
        async for line in response.content:
            event = lines.read(line.decode(errors="replace").rstrip("\r\n"))
            self.last_event_id = lines.last_event_id
            if event is not None and event.kind != HEARTBEAT:
                yield event
