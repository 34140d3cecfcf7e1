"""The one retry loop: a step is repeated until its dependency is available."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from shared.domain.errors import UnavailableError

log = structlog.stdlib.get_logger(__name__)

Result = TypeVar("Result")


async def retry_until_available(
    step: Callable[[int], Awaitable[Result]],
    event: str,
    *,
    pause: Callable[[int], float],
    wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
    also: tuple[type[Exception], ...] = (),
) -> Result:
    """Call `step` with the attempt's number (1 is the first) until it succeeds.

    UnavailableError, and the errors in `also`, are logged as a warning under the name `event`;
    the next attempt follows `pause(attempt)` seconds later. Attempts are not limited: cancel to
    end them. Any other error is raised.
    """
    retried: tuple[type[Exception], ...] = (UnavailableError, *also)
    for attempt in itertools.count(1):
        try:
            return await step(attempt)
        except retried as error:
            log.warning(event, attempt=attempt, error=str(error))
        await wait(pause(attempt))
    raise AssertionError("the attempts have no end")
