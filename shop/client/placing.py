"""Places an order, again and again under one key if need be, so that it is placed once."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from shop.client.answers import Json, content

AGAIN = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""Answers after which the same order may be sent again."""

LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Placed:
    """The order as the shop acknowledged it, and how often it had to be sent again."""

    order: Json
    retries: int


def pause(attempt: int, retry_after: str | None, jitter: float) -> float:
    """Say how many seconds to wait after attempt number `attempt` (from 0).

    `Retry-After` in seconds (RFC 9110, 10.2.3) counts, and else 0.2 doubled with each attempt;
    `jitter` (0 to 1) adds up to a quarter, so that many clients do not come back at once.
    """
    seconds = 0.2 * 2.0**attempt
    with contextlib.suppress(TypeError, ValueError):
        seconds = max(0.0, float(retry_after))  # type: ignore[arg-type]
    return min(seconds, LONGEST_PAUSE) * (1 + jitter / 4)


class Placing:
    """Places orders with up to `attempts` attempts each, `limit` of which are under way at once.

    Where no shop is to be found, there is a second attempt only if it may be away for a moment.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        attempts: int,
        limit: int = 1,
        on_retry: Callable[[str, float], None] | None = None,
        *,
        shop_may_be_away: bool = False,
    ) -> None:
        self._http = http
        self._attempts = attempts
        self._limit = asyncio.Semaphore(limit)
        self._on_retry = on_retry
        self._shop_may_be_away = shop_may_be_away
        self._random = random.Random()  # noqa: S311 - spreads retries, guards nothing

    async def place(self, order: Json, key: str) -> Placed:
        """Place `order` under an idempotency key.

        Raises ProblemError when the shop refuses it, or puts it off once too often, and
        httpx.TransportError when it is out of reach to the end.
        """
        for attempt in range(self._attempts):
            last = attempt == self._attempts - 1
            retry_after, reason = None, ""
            try:
                response = await self._send(order, key)
                if last or response.status_code not in AGAIN:
                    return Placed(content(response), attempt)
                retry_after = response.headers.get("Retry-After")
                reason = f"{response.status_code} {response.reason_phrase}"
            except httpx.TransportError as error:
                if last or self._is_nobody_there(error):
                    raise
                reason = type(error).__name__
            await self._wait(pause(attempt, retry_after, self._random.random()), reason)
        raise AssertionError("the last attempt returns or raises")

    def _is_nobody_there(self, error: httpx.TransportError) -> bool:
        return isinstance(error, httpx.ConnectError) and not self._shop_may_be_away

    async def _send(self, order: Json, key: str) -> httpx.Response:
        async with self._limit:
            return await self._http.post("/orders", json=order, headers={"Idempotency-Key": key})

    async def _wait(self, seconds: float, reason: str) -> None:
        if self._on_retry is not None:
            self._on_retry(reason, seconds)
        await asyncio.sleep(seconds)
