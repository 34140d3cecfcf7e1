"""Waits for what another process does, and gives no other signal of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import psutil


async def eventually(happened: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until `happened`; raises TimeoutError after so many seconds."""
    async with asyncio.timeout(seconds):
        while not happened():  # noqa: ASYNC110 - another process sets no event of ours
            await asyncio.sleep(0.01)


async def until(happened: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Do the same for what can only be asked for; raises TimeoutError after so many seconds."""
    async with asyncio.timeout(seconds):
        while not await happened():  # noqa: ASYNC110 - another process sets no event of ours
            await asyncio.sleep(0.02)


def gone(pid: int) -> bool:
    """Tell whether a process has ended, be it buried by its parent or not."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
