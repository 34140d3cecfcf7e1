"""Webhooks that confirm their subscription, and then misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import pairwise

from aiohttp import web

from tests.chaos.newsroom import Newsroom
from tests.chaos.subscribers import AGREES_WITHIN, CHALLENGE, Granted, becomes, subscribe
from tests.support.webhooks import Answering, receiver

PRIVATE = "10.11.12.13"
_GIB = 2**30
_CHUNK = bytes(2**16)


@dataclass
class BadWebhook:
    """A webhook that behaves as `then` once subscribed, and records when each event came."""

    then: Answering
    granted: Granted = field(init=False)
    came_at: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer the challenge, and misbehave on events."""
        event = await request.json()
        if event["type"] == CHALLENGE:
            return web.json_response({"challenge": event["data"]["challenge"]})
        self.came_at[event["id"]].append(time.monotonic())
        return await self.then(request)

    def came_since(self, time: float) -> set[str]:
        """The ids of the events that came after that monotonic time."""
        return {event_id for event_id, times in self.came_at.items() if times[-1] > time}

    def pauses(self, attempt: int) -> list[float]:
        """The seconds between that attempt (1 is the first) and the next, for each event."""
        all_pauses = (list(pairwise(times)) for times in self.came_at.values())
        return [
            pauses[attempt - 1][1] - pauses[attempt - 1][0]
            for pauses in all_pauses
            if len(pauses) >= attempt
        ]


async def silent(_: web.Request) -> web.StreamResponse:
    """Never answer."""
    await asyncio.Event().wait()
    return web.Response()


async def accepting(_: web.Request) -> web.StreamResponse:
    """Accept the event."""
    return web.Response()


async def failing(_: web.Request) -> web.StreamResponse:
    """Answer 500."""
    return web.Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)


async def redirecting(_: web.Request) -> web.StreamResponse:
    """Redirect to a private address."""
    return web.Response(
        status=HTTPStatus.TEMPORARY_REDIRECT, headers={"Location": f"http://{PRIVATE}/"}
    )


@dataclass
class Flood:
    """Answers with a gibibyte, until the client stops reading."""

    most_taken: int = 0
    """Bytes sent of one answer, including kernel buffers."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer every event so."""
        response = web.StreamResponse(status=HTTPStatus.INTERNAL_SERVER_ERROR)
        response.content_length = _GIB
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for count in range(1, _GIB // len(_CHUNK) + 1):
                await response.write(_CHUNK)
                self.most_taken = max(self.most_taken, count * len(_CHUNK))
        return response


@contextlib.asynccontextmanager
async def bad_webhook(newsroom: Newsroom, topic: str, then: Answering) -> AsyncIterator[BadWebhook]:
    """Subscribe a bad webhook, and wait until it is active."""
    webhook = BadWebhook(then)
    async with receiver(webhook.answer) as served:
        answer = await subscribe(newsroom, topic, channel="webhook", url=served.url)
        webhook.granted = Granted(answer["id"], answer["manage_token"])
        await becomes(newsroom, webhook.granted, "active", AGREES_WITHIN)
        yield webhook
