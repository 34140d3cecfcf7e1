"""A subscriber of all orders' live stream, which reconnects whenever it is cut off."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field

import aiohttp

from shared.messages.announcement import CloudEvent
from tests.support.web import AS_STAFF

_COMES_BACK_SECONDS = 0.1


@dataclass
class Follower:
    """Collects events; `connected` is set while the stream is open."""

    http: aiohttp.ClientSession
    received: list[CloudEvent] = field(default_factory=list)
    connected: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> None:
        """Follow until cancelled."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                await self._listen()
            self.connected.clear()
            await asyncio.sleep(_COMES_BACK_SECONDS)

    async def _listen(self) -> None:
        address, endless = "/events?topics=order-events", aiohttp.ClientTimeout(total=None)
        async with self.http.get(address, headers=AS_STAFF, timeout=endless) as stream:
            stream.raise_for_status()
            self.connected.set()
            async for line in stream.content:
                if line.startswith(b"data: {"):
                    event = json.loads(line.removeprefix(b"data: "))
                    if "specversion" in event:
                        self.received.append(CloudEvent.model_validate(event))
