"""Sends something again and again, for as long as it may succeed: it must be safe to repeat."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp

from shop.client.answers import Json, ProblemError
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
"""Answers after which the same may be sent again."""

LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Answered:
    """What the shop answered at last, and how often it had to be sent again."""

    content: Json
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


@dataclass(frozen=True, slots=True)
class Repeating:
    """Makes up to `attempts` attempts; `on_retry` is told why, and how many seconds it waits.

    Where no shop is to be found, there is a second attempt only if it may be away for a moment.
    """

    attempts: int
    on_retry: Callable[[str, float], None] | None = None
    shop_may_be_away: bool = False

    async def until_answered(self, send: Callable[[], Awaitable[Json]]) -> Answered:
        """Send until there is an answer.

        Raises ProblemError when the shop refuses it, or puts it off once too often, and
        aiohttp.ClientError or TimeoutError when it is out of reach to the end.
        """
        for attempt in range(self.attempts - 1):
            try:
                return Answered(await send(), attempt)
            except ProblemError as problem:
                if problem.status not in AGAIN:
                    raise
                reason = f"{problem.status} {HTTPStatus(problem.status).phrase}"
                retry_after = problem.retry_after
            except OUT_OF_REACH as error:
                if self._is_nobody_there(error):
                    raise
                reason, retry_after = type(error).__name__, None
            jitter = random.random()  # noqa: S311 - spreads retries, guards nothing
            await self._wait(pause(attempt, retry_after, jitter), reason)
        return Answered(await send(), self.attempts - 1)

    def _is_nobody_there(self, error: Exception) -> bool:
        return isinstance(error, aiohttp.ClientConnectorError) and not self.shop_may_be_away

    async def _wait(self, seconds: float, reason: str) -> None:
        if self.on_retry is not None:
            self.on_retry(reason, seconds)
        await asyncio.sleep(seconds)
