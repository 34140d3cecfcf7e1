"""Places an order, again and again under one key if need be, so that it is placed once."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp

from shop.client.answers import Json, ProblemError, content
from shop.client.connection import OUT_OF_REACH

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
        http: aiohttp.ClientSession,
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
        aiohttp.ClientError or TimeoutError when it is out of reach to the end.
        """
        for attempt in range(self._attempts - 1):
            try:
                return Placed(await self._send(order, key), attempt)
            except ProblemError as problem:
                if problem.status not in AGAIN:
                    raise
                reason = f"{problem.status} {HTTPStatus(problem.status).phrase}"
                retry_after = problem.retry_after
            except OUT_OF_REACH as error:
                if self._is_nobody_there(error):
                    raise
                reason, retry_after = type(error).__name__, None
            await self._wait(pause(attempt, retry_after, self._random.random()), reason)
        return Placed(await self._send(order, key), self._attempts - 1)

    def _is_nobody_there(self, error: Exception) -> bool:
        return isinstance(error, aiohttp.ClientConnectorError) and not self._shop_may_be_away

    async def _send(self, order: Json, key: str) -> Json:
        headers = {"Idempotency-Key": key}
        async with (
            self._limit,
            self._http.post("orders", json=order, headers=headers) as response,
        ):
            return await content(response)

    async def _wait(self, seconds: float, reason: str) -> None:
        if self._on_retry is not None:
            self._on_retry(reason, seconds)
        await asyncio.sleep(seconds)
