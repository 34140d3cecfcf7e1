"""A webhook subscriber of all orders' events, which confirms, and records what it receives."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp
from aiohttp import web

from shared.messages.announcement import ORDER_EVENTS, CloudEvent
from tests.chaos.subscribers import AGREES_WITHIN, CHALLENGE
from tests.support.waiting import until
from tests.support.web import AS_STAFF
from tests.support.webhooks import receiver


@dataclass
class OrderHook:
    """Its server; `secrets` are the parts of its subscription that must not be disclosed."""

    url: str = ""
    received: list[CloudEvent] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Record an event, or answer the challenge."""
        event = CloudEvent.model_validate(await request.json())
        if event.type == CHALLENGE:
            return web.json_response({"challenge": event.data["challenge"]})
        self.received.append(event)
        return web.Response()

    async def subscribe(self, http: aiohttp.ClientSession) -> None:
        """Subscribe as staff, and return once that is confirmed; only the first call does so."""
        if self.secrets:
            return
        async with http.post(
            f"/topics/{ORDER_EVENTS}/subscriptions",
            json={"channel": "webhook", "url": self.url},
            headers=AS_STAFF,
        ) as response:
            assert response.status == HTTPStatus.CREATED, await response.text()
            answer = await response.json()
        self.secrets += [self.url, answer["manage_token"], answer["secret"]]
        address, manager = (
            f"/subscriptions/{answer['id']}",
            {"Authorization": f"Bearer {answer['manage_token']}"},
        )

        async def active() -> bool:
            async with http.get(address, headers=manager) as response:
                return bool((await response.json())["state"] == "active")

        await until(active, AGREES_WITHIN)


@contextlib.asynccontextmanager
async def order_hook() -> AsyncIterator[OrderHook]:
    """Serve a webhook; the test subscribes it."""
    hook = OrderHook()
    async with receiver(hook.answer) as served:
        hook.url = f"{served.url}?key=the-key-of-the-hook"
        yield hook
