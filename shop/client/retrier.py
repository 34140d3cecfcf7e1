"""Sends a request again for as long as it may succeed; the request must be safe to repeat."""

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

RETRIED = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""Statuses after which the same request may be sent again."""

LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Answered:
    """What the shop answered at last, and how often the request was sent again."""

    content: Json
    retries: int


def pause(attempt: int, retry_after: str | None, jitter: float) -> float:
    """Return how many seconds to wait after attempt number `attempt` (from 0).

    That is `Retry-After` in seconds (RFC 9110, 10.2.3), else 0.2 doubled with each attempt;
    `jitter` (0 to 1) adds up to a quarter, so that many clients do not return at once.
    """
    seconds = 0.2 * 2.0**attempt
    with contextlib.suppress(TypeError, ValueError):
        seconds = max(0.0, float(retry_after))  # type: ignore[arg-type]
    return min(seconds, LONGEST_PAUSE) * (1 + jitter / 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrier:
    """Makes up to `attempts` attempts; `on_retry` gets the reason and the seconds of each pause.

    A refused connection is retried only if `shop_may_be_away` for a moment.
    """

    attempts: int
    on_retry: Callable[[str, float], None] = lambda _reason, _seconds: None
    shop_may_be_away: bool = False

    async def send(self, request: Callable[[], Awaitable[Json]]) -> Answered:
        """Send until there is an answer.

        Raises ProblemError when the shop refuses for good or in the last attempt, and
        aiohttp.ClientError or TimeoutError when it cannot be reached.
        """
        for attempt in range(self.attempts - 1):
            try:
                return Answered(await request(), attempt)
            except ProblemError as problem:
                if problem.status not in RETRIED:
                    raise
                reason = f"{problem.status} {HTTPStatus(problem.status).phrase}"
                retry_after = problem.retry_after
            except OUT_OF_REACH as error:
                if isinstance(error, aiohttp.ClientConnectorError) and not self.shop_may_be_away:
                    raise
                reason, retry_after = type(error).__name__, None
            jitter = random.random()  # noqa: S311 - spreads retries, guards nothing
            seconds = pause(attempt, retry_after, jitter)
            self.on_retry(reason, seconds)
            await asyncio.sleep(seconds)
        return Answered(await request(), self.attempts - 1)
