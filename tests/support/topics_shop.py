"""A notifier, and the commands of `coffeeshop topics` that are run against it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from tests.support.command_line import SECONDS, Outcome, Running, run, running
from tests.support.notifier import STAFF_KEY, Announcer, Serving, announcing, serving, settings_for

AS_STAFF = {"COFFEE_STAFF_KEY": STAFF_KEY}


@dataclass(frozen=True)
class TopicsShop:
    """A notifier that gives up on a delivery after two attempts."""

    notifier: Serving
    announcer: Announcer

    @property
    def url(self) -> str:
        return str(self.notifier.http.base_url)

    async def topics(self, *arguments: str, stdin: str = "", **variables: str) -> Outcome:
        return await run(self.url, "topics", *arguments, stdin=stdin, **variables)

    async def as_staff(self, *arguments: str, stdin: str = "") -> Outcome:
        return await self.topics(*arguments, stdin=stdin, **AS_STAFF)

    @contextlib.asynccontextmanager
    async def following(self, *arguments: str, **variables: str) -> AsyncIterator[Running]:
        """Follow, and be connected before anything is announced."""
        async with running(self.url, "topics", "follow", *arguments, **variables) as follower:
            assert await follower.remarks() == "Connected; Ctrl-C ends."
            yield follower

    async def subscribed(self, url: str, *arguments: str) -> dict[str, Any]:
        """Subscribe a webhook to coupons, and wait until it is active."""
        outcome = await self.topics("subscribe", "coupons", "--webhook", url, "--json", *arguments)
        assert outcome.code == 0, outcome
        granted: dict[str, Any] = json.loads(outcome.out)
        await self.state(granted, "active")
        return granted

    async def state(self, granted: dict[str, Any], state: str) -> None:
        """Wait until a subscription is in a state."""
        headers = {"Authorization": f"Bearer {granted['manage_token']}"}
        async with asyncio.timeout(SECONDS):
            while True:
                answer = await self.notifier.http.get(
                    f"/subscriptions/{granted['id']}", headers=headers
                )
                if answer.json()["state"] == state:
                    return
                await asyncio.sleep(0.05)

    async def dead_letter(self, granted: dict[str, Any]) -> dict[str, Any]:
        """Wait until a delivery to a subscription was given up on."""
        async with asyncio.timeout(SECONDS):
            while True:
                outcome = await self.as_staff("dead-letters", "--json")
                for letter in json.loads(outcome.out):
                    if letter["subscription_id"] == granted["id"]:
                        return dict(letter)


@contextlib.asynccontextmanager
async def open_shop(endpoint: str) -> AsyncIterator[TopicsShop]:
    settings = settings_for(
        endpoint, allow_loopback_webhooks=True, retry_seconds=(0.1,), subscriptions_per_minute=0
    )
    async with announcing(settings) as announcer, serving(settings) as notifier:
        yield TopicsShop(notifier, announcer)
