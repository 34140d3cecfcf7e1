"""Customers: they place orders under idempotency keys, come again when told to, and keep a log."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aiohttp

from shop.load.plan import PlannedOrder, plan
from tests.support.ledger import MAY_COME_AGAIN, Attempt, Ledger, Told
from tests.support.web import AS_STAFF

LONGEST_PAUSE = 0.5
"""Seconds; chaos is more thorough with customers who do not wait as long as they are told."""

PATIENCE = aiohttp.ClientTimeout(total=15)
"""For how long a customer waits for an answer."""

FICKLE = 0.2
"""How many customers cancel what they have just ordered."""

OVER = frozenset({"collected", "canceled", "expired", "failed"})
"""When there is nothing more that a customer could do."""


class ImproperAnswerError(Exception):
    """The shop answered what no fault excuses."""


class Customers:
    """The customers of one shop."""

    def __init__(self, http: aiohttp.ClientSession, ledger: Ledger, seed: int) -> None:
        self._http = http
        self.ledger = ledger
        self._seed = seed
        self._draw = random.Random(seed)
        self._runs = 0

    async def plan(self, orders: int, rate: float) -> Sequence[PlannedOrder]:
        """Draw orders, `rate` of them due in each second, unlike any drawn before."""
        self._runs += 1
        async with self._http.get("/menu") as response:
            menu = await response.json()
        return plan(menu, orders, rate, self._seed, f"{self._seed:06}-{self._runs}")

    async def place_all(self, orders: int, rate: float) -> None:
        """Place so many orders, each when it is due, until the shop has taken every one."""
        await self._come(self.place, await self.plan(orders, rate))

    async def ask_all(self, orders: int, rate: float) -> None:
        """Ask for so many orders once each, whatever the answer is."""
        await self._come(self.ask, await self.plan(orders, rate))

    async def live_all(self, orders: int, rate: float) -> None:
        """Place so many orders; some are canceled again, and the others collected when ready."""
        await self._come(self._order_and_fetch, await self.plan(orders, rate))

    async def place_one(self) -> dict[str, Any]:
        """Place an order, and give it as it was acknowledged."""
        (order,) = await self.plan(1, 1)
        return await self.place(order)

    async def place(self, order: PlannedOrder) -> dict[str, Any]:
        """Place an order, as often as it takes."""
        while True:
            told = await self.ask(order)
            if told is not None and told.order is not None:
                return told.order
            if told is not None and told.is_improper:
                raise ImproperAnswerError(told)
            await self._pause()

    async def ask(self, order: PlannedOrder) -> Told | None:
        """Ask for an order once; none when no answer comes."""
        sent_at = time.monotonic()
        self.ledger.attempts.append(Attempt(order.key, order.body["customer_name"], sent_at))
        try:
            async with self._http.post(
                "/orders",
                json=order.body,
                headers={"Idempotency-Key": order.key},
                timeout=PATIENCE,
            ) as response:
                body = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError) as error:
            self.ledger.unanswered[type(error).__name__] += 1
            return None
        told = Told(
            key=order.key,
            status=response.status,
            sent_at=sent_at,
            answered_at=time.monotonic(),
            order=body if response.ok else None,
            retry_after=response.headers.get("Retry-After"),
        )
        self.ledger.told.append(told)
        return told

    async def _come(
        self, each: Callable[[PlannedOrder], Awaitable[object]], planned: Sequence[PlannedOrder]
    ) -> None:
        start = time.monotonic()

        async def come(order: PlannedOrder) -> None:
            await each(order)

        async with asyncio.TaskGroup() as group:
            for order in planned:
                await asyncio.sleep(start + order.due - time.monotonic())
                group.create_task(come(order))

    async def _order_and_fetch(self, wanted: PlannedOrder) -> None:
        address = f"/orders/{(await self.place(wanted))['id']}"
        if self._draw.random() < FICKLE:
            await self._answered("POST", f"{address}/cancel")
        while (state := (await self._answered("GET", address)).get("state")) not in OVER:
            if state == "ready":
                await self._answered("POST", f"{address}/collect")
            else:
                await self._pause()

    async def _answered(self, method: str, path: str) -> dict[str, Any]:
        """Make a request as staff until the shop has an answer, good or bad."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with self._http.request(
                    method, path, headers=AS_STAFF, timeout=PATIENCE
                ) as response:
                    if response.status not in MAY_COME_AGAIN:
                        answer: dict[str, Any] = await response.json(content_type=None)
                        return answer
            await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(LONGEST_PAUSE * self._draw.uniform(0.1, 1))
