"""Signals to a supervisor: the first asks it to close the shop, the second not to wait."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator

CLOSING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.asynccontextmanager
async def closing_time() -> AsyncIterator[asyncio.Event]:
    """Give an event that the first signal sets; a second one cancels the task in the block."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    stop = asyncio.Event()

    def signalled() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    heeded = [number for number in CLOSING if not _ignored_on_purpose(number)]
    for number in heeded:
        loop.add_signal_handler(number, signalled)
    try:
        yield stop
    finally:
        for number in heeded:
            loop.remove_signal_handler(number)


def _ignored_on_purpose(number: signal.Signals) -> bool:
    return number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN
