"""The one retry loop: a step is taken again until what it needs is within reach."""

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
    """Take a step, told which attempt it is (1 is the first), until it succeeds.

    UnavailableError, and the errors in `also`, are logged as a warning under the name `event`;
    `pause(attempt)` seconds later comes the next attempt. There is no last one: cancel it to end
    it. Any other error is raised.
    """
    passing: tuple[type[Exception], ...] = (UnavailableError, *also)
    for attempt in itertools.count(1):
        try:
            return await step(attempt)
        except passing as error:
            log.warning(event, attempt=attempt, error=str(error))
        await wait(pause(attempt))
    raise AssertionError("the attempts have no end")
