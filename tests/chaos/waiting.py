"""Waits for what other processes do, as far as it can be asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

_LOOK_AGAIN_SECONDS = 0.02


async def until(happened: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Wait until `happened`; raises TimeoutError after so many seconds."""
    async with asyncio.timeout(seconds):
        while not await happened():  # noqa: ASYNC110 - another process sets no event of ours
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
