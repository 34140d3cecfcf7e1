"""Places an order, again and again under one key if need be, so that it is placed once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from shop.client.answers import Json, content
from shop.client.retrier import Repeating


@dataclass(frozen=True, slots=True)
class Placed:
    """The order as the shop acknowledged it, and how often it had to be sent again."""

    order: Json
    retries: int


class Placing:
    """Places orders with up to `attempts` attempts each, `limit` of which are under way at once.

    Where no shop is to be found, there is a second attempt only if it may be away for a moment.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        attempts: int,
        limit: int = 1,
        on_retry: Callable[[str, float], None] | None = None,
        *,
        shop_may_be_away: bool = False,
    ) -> None:
        self._http = http
        self._limit = asyncio.Semaphore(limit)
        self._repeating = Repeating(attempts, on_retry, shop_may_be_away)

    async def place(self, order: Json, key: str) -> Placed:
        """Place `order` under an idempotency key; raises what `Repeating.until_answered` does."""
        answered = await self._repeating.until_answered(lambda: self._send(order, key))
        return Placed(answered.content, answered.retries)

    async def _send(self, order: Json, key: str) -> Json:
        headers = {"Idempotency-Key": key}
        async with (
            self._limit,
            self._http.post("orders", json=order, headers=headers) as response,
        ):
            return await content(response)
