"""Subscribers of a notifier: they subscribe, confirm, and answer events as the test chose."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from aiohttp import web

from notifier.channels.webhook.sender import CHALLENGE
from tests.support.notifier import AS_STAFF, SECONDS, Reached
from tests.support.webhooks import Answering, Receiver, Request, answers, echoes, receiver

Shown = Mapping[str, Any]


@dataclass
class Endpoint:
    """A subscriber's webhook, which records the events that came, in their order."""

    agreeing: Answering
    answering: Answering
    events: list[Any] = field(default_factory=list)
    challenges: int = 0
    served: Receiver | None = None
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        assert self.served is not None
        return self.served.url

    @property
    def ids(self) -> list[str]:
        return [event["id"] for event in self.events]

    @property
    def requests(self) -> list[Request]:
        """What came, the challenges left out."""
        assert self.served is not None
        return [one for one in self.served.received if json.loads(one.body)["type"] != CHALLENGE]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        event = await request.json()
        if event["type"] == CHALLENGE:
            self.challenges += 1
            self._came.set()
            return await self.agreeing(request)
        self.events.append(event)
        self._came.set()
        return await self.answering(request)

    async def until(self, enough: Callable[[], bool], seconds: float = SECONDS) -> None:
        """Wait until what has come is enough."""
        async with asyncio.timeout(seconds):
            while not enough():
                self._came.clear()
                await self._came.wait()

    async def receives(self, count: int, seconds: float = SECONDS) -> list[Any]:
        """Wait until that many events have come."""
        await self.until(lambda: len(self.events) >= count, seconds)
        return self.events


@contextlib.asynccontextmanager
async def endpoint(
    answering: Answering | None = None, agreeing: Answering = echoes
) -> AsyncIterator[Endpoint]:
    """Serve a webhook for as long as the block lasts."""
    subscriber = Endpoint(agreeing, answering or answers(204))
    async with receiver(subscriber.answer) as subscriber.served:
        yield subscriber


def in_turn(*statuses: int) -> Answering:
    """Answer with one status after the other; the last one stays."""
    left = list(statuses)

    async def answering(_: web.Request) -> web.StreamResponse:
        return web.Response(status=left.pop(0) if len(left) > 1 else left[0])

    return answering


@dataclass(frozen=True)
class Held:
    """A subscription, and the keys that its holder was shown."""

    http: httpx.AsyncClient
    id: str
    token: str
    secret: str

    async def ask(self, method: str, path: str = "", **options: Any) -> httpx.Response:
        """Ask for the subscription, or something below it, as its holder."""
        keys = {"Authorization": f"Bearer {self.token}"}
        url = f"/subscriptions/{self.id}{path}"
        return await self.http.request(method, url, headers=keys, **options)

    async def shown(self) -> Shown:
        response = await self.ask("GET")
        assert response.status_code == 200, response.text
        shown: Shown = response.json()
        return shown

    async def until(self, as_hoped: Callable[[Shown], bool], seconds: float = SECONDS) -> Shown:
        """Poll until it is as hoped."""
        shown = await self.shown()
        async with asyncio.timeout(seconds):
            while not as_hoped(shown):
                await asyncio.sleep(0.05)
                shown = await self.shown()
        return shown

    async def becomes(self, state: str, seconds: float = SECONDS) -> Shown:
        return await self.until(lambda shown: shown["state"] == state, seconds)


async def post_subscription(
    notifier: Reached, topic: str = "coupons", *, staff: bool = True, **wanted: Any
) -> httpx.Response:
    """Ask for a subscription."""
    keys = AS_STAFF if staff else {}
    return await notifier.http.post(f"/topics/{topic}/subscriptions", json=wanted, headers=keys)


async def subscribe(notifier: Reached, topic: str = "coupons", **wanted: Any) -> Held:
    """Make a subscription, which may be pending still."""
    response = await post_subscription(notifier, topic, **wanted)
    assert response.status_code == 201, response.text
    shown = response.json()
    return Held(notifier.http, shown["id"], shown["manage_token"], shown.get("secret", ""))


async def webhook(
    notifier: Reached, subscriber: Endpoint, topic: str = "coupons", **wanted: Any
) -> Held:
    """Subscribe a webhook, and wait until it has agreed."""
    held = await subscribe(notifier, topic, channel="webhook", url=subscriber.url, **wanted)
    await held.becomes("active")
    return held


async def publish(notifier: Reached, topic: str = "coupons", subject: str = "Free cake") -> str:
    """Publish a newsletter issue; give its event's id."""
    issue = {"subject": subject, "body": "*Today only.*"}
    response = await notifier.http.post(f"/topics/{topic}/messages", json=issue, headers=AS_STAFF)
    assert response.status_code == 202, response.text
    return str(response.json()["id"])
