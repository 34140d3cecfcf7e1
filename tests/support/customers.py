"""Customers: they place orders under idempotency keys, retry when asked to, and keep a log."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aiohttp

from shop.load.plan import PlannedOrder, plan
from tests.support.ledger import RETRYABLE, Attempt, Ledger, Reply
from tests.support.web import AS_STAFF

LONGEST_PAUSE = 0.5
"""Seconds; chaos is more thorough when customers retry sooner than Retry-After says."""

TIMEOUT = aiohttp.ClientTimeout(total=15)
"""How long a customer waits for a reply."""

CANCELING = 0.2
"""The fraction of customers who cancel their order at once."""

OVER = frozenset({"collected", "canceled", "expired", "failed"})
"""The states after which a customer can do nothing more."""


class ImproperReplyError(Exception):
    """The shop sent a reply that no fault excuses."""


class Customers:
    """The customers of one shop."""

    def __init__(self, http: aiohttp.ClientSession, ledger: Ledger, seed: int) -> None:
        self._http = http
        self.ledger = ledger
        self._seed = seed
        self._draw = random.Random(seed)
        self._runs = 0

    async def plan(self, orders: int, rate: float) -> Sequence[PlannedOrder]:
        """Draw orders, `rate` of them due in each second, all different from earlier ones."""
        self._runs += 1
        async with self._http.get("/menu") as response:
            menu = await response.json()
        run = f"{self._seed:06}-{self._runs}"
        return plan(menu, orders, rate, seed=self._seed, run=run)

    async def place_all(self, orders: int, rate: float) -> None:
        """Place so many orders, each when it is due, and retry until the shop has taken it."""
        await self._come(self.place, await self.plan(orders, rate))

    async def ask_all(self, orders: int, rate: float) -> None:
        """Ask for so many orders once each, without retries."""
        await self._come(self.ask, await self.plan(orders, rate))

    async def live_all(self, orders: int, rate: float) -> None:
        """Place so many orders; cancel some, and collect the others when ready."""
        await self._come(self._order_and_fetch, await self.plan(orders, rate))

    async def place_one(self) -> dict[str, Any]:
        """Place an order, and return it as acknowledged."""
        (order,) = await self.plan(1, 1)
        return await self.place(order)

    async def place(self, order: PlannedOrder) -> dict[str, Any]:
        """Place an order, with retries."""
        while True:
            reply = await self.ask(order)
            if reply is not None and reply.order is not None:
                return reply.order
            if reply is not None and reply.is_improper:
                raise ImproperReplyError(reply)
            await self._pause()

    async def ask(self, order: PlannedOrder) -> Reply | None:
        """Ask for an order once; return none when no reply comes."""
        sent_at = time.monotonic()
        self.ledger.attempts.append(Attempt(order.key, order.body["customer_name"], sent_at))
        try:
            async with self._http.post(
                "/orders",
                json=order.body,
                headers={"Idempotency-Key": order.key},
                timeout=TIMEOUT,
            ) as response:
                body = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError) as error:
            self.ledger.unanswered[type(error).__name__] += 1
            return None
        reply = Reply(
            key=order.key,
            status=response.status,
            sent_at=sent_at,
            answered_at=time.monotonic(),
            order=body if response.ok else None,
            retry_after=response.headers.get("Retry-After"),
        )
        self.ledger.replies.append(reply)
        return reply

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
        if self._draw.random() < CANCELING:
            await self._answered("POST", f"{address}/cancel")
        while (state := (await self._answered("GET", address)).get("state")) not in OVER:
            if state == "ready":
                await self._answered("POST", f"{address}/collect")
            else:
                await self._pause()

    async def _answered(self, method: str, path: str) -> dict[str, Any]:
        """Make a request as staff; retry until the shop answers, good or bad."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with self._http.request(
                    method, path, headers=AS_STAFF, timeout=TIMEOUT
                ) as response:
                    if response.status not in RETRYABLE:
                        answer: dict[str, Any] = await response.json(content_type=None)
                        return answer
            await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(LONGEST_PAUSE * self._draw.uniform(0.1, 1))
