"""Signals to the supervisor: the first closes the shop, the second does not wait."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.asynccontextmanager
async def stop_signals() -> AsyncIterator[asyncio.Event]:
    """Give an event that the first signal sets; a second one cancels the task in the block."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    handled = [number for number in STOP_SIGNALS if not _ignored_on_purpose(number)]
    for number in handled:
        loop.add_signal_handler(number, on_signal)
    try:
        yield stop
    finally:
        for number in handled:
            loop.remove_signal_handler(number)


def _ignored_on_purpose(number: signal.Signals) -> bool:
    return number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN
