"""One of the staff, in a shell of their own: `python -m tests.chaos.bar_staff URL SEED`.

Completes, releases, cancels, collects and remakes what the kitchen and the counter show, until
SIGTERM, and prints each tap with its answer as a line of JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
import sys
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from tests.support.web import AS_STAFF

PACE = 0.25
"""Seconds, on average, between two taps: a quick barista."""

TIMEOUT = aiohttp.ClientTimeout(total=10)


class BarStaff:
    """Taps at random, on what the shop has just shown."""

    def __init__(self, http: aiohttp.ClientSession, seed: int) -> None:
        self._http = http
        self._draw = random.Random(seed)

    async def work(self) -> None:
        """Tap for ever; while the shop is away, try again."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                await self._draw.choice(
                    [self._at_the_bar, self._at_the_bar, self._at_the_counter]
                )()
            await asyncio.sleep(PACE * self._draw.uniform(0.5, 1.5))

    async def _at_the_bar(self) -> None:
        if orders := (await self._shown("/kitchen?limit=50"))["orders"]:
            begun = [each for each in orders if each["state"] != "placed"]
            order = self._draw.choice(begun if begun and self._draw.random() < 0.9 else orders)
            attempt = order["attempt"]
            if order["state"] == "placed":
                await self._one_of(order, {self._cancel: 1, self._nothing: 9})
            elif attempt > 1 and self._draw.random() < 0.3:
                await self._tap(order, "complete", {"attempt": attempt - 1}, "complete too late")
            else:
                await self._one_of(order, {self._complete: 14, self._release: 4, self._cancel: 1})

    async def _at_the_counter(self) -> None:
        if orders := (await self._shown("/orders?state=ready&limit=20"))["orders"]:
            order = self._draw.choice(orders)
            remakes = 0 if order["remake_of"] else 2
            await self._one_of(order, {self._collect: 8, self._remake: remakes, self._cancel: 1})

    async def _one_of(self, order: Any, deeds: dict[Callable[[Any], Awaitable[None]], int]) -> None:
        (deed,) = self._draw.choices([*deeds], [*deeds.values()])
        await deed(order)

    async def _complete(self, order: Any) -> None:
        await self._tap(order, "complete", {"attempt": order["attempt"]})

    async def _release(self, order: Any) -> None:
        await self._tap(order, "release", {"attempt": order["attempt"]})

    async def _cancel(self, order: Any) -> None:
        await self._tap(order, "cancel", {"reason": "we are out of milk"})

    async def _collect(self, order: Any) -> None:
        await self._tap(order, "collect", None)

    async def _remake(self, order: Any) -> None:
        await self._tap(order, "remake", None)

    async def _nothing(self, _: Any) -> None:
        """Leave it: nobody has begun it."""

    async def _shown(self, path: str) -> Any:
        async with self._http.get(path) as response:
            response.raise_for_status()
            return await response.json()

    async def _tap(self, order: Any, deed: str, body: Any, name: str = "") -> None:
        headers = {"Idempotency-Key": str(uuid.uuid4())} if deed == "remake" else {}
        tap = {"order": order["id"], "deed": name or deed}
        status, answer = 0, {}
        try:
            async with self._http.post(
                f"/orders/{order['id']}/{deed}", json=body, headers=headers
            ) as response:
                status, answer = response.status, await response.json(content_type=None)
        finally:
            told = {name: answer.get(name) for name in ("id", "state", "version")}
            print(json.dumps({**tap, "status": status, **told}), flush=True)  # noqa: T201


async def main() -> None:
    url, seed = sys.argv[1:]
    async with aiohttp.ClientSession(url, headers=AS_STAFF, timeout=TIMEOUT) as http:
        work = asyncio.ensure_future(BarStaff(http, int(seed)).work())
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await work


if __name__ == "__main__":
    asyncio.run(main())
