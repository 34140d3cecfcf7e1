"""The lifecycle of a process: stop on a signal or the parent's end, and background tasks."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import structlog

log = structlog.stdlib.get_logger(__name__)


@contextlib.asynccontextmanager
async def stop_requested(lifeline_fd: int | None = None) -> AsyncIterator[asyncio.Event]:
    """Yield an event that SIGTERM, SIGINT or the end of the parent process sets.

    `lifeline_fd` is the read end of a pipe whose write end only the parent holds.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def parent_is_gone() -> None:
        if not os.read(lifeline_fd or 0, 1):
            loop.remove_reader(lifeline_fd or 0)
            log.warning("process.orphaned")
            stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if lifeline_fd is not None:
        loop.add_reader(lifeline_fd, parent_is_gone)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        if lifeline_fd is not None:
            loop.remove_reader(lifeline_fd)


@contextlib.asynccontextmanager
async def handling_signal(
    number: signal.Signals, handler: Callable[[], None]
) -> AsyncIterator[None]:
    """Call `handler` in the event loop on each such signal, for as long as the block lasts."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(number, handler)
    try:
        yield
    finally:
        loop.remove_signal_handler(number)


@contextlib.asynccontextmanager
async def background_task(
    coroutine: Coroutine[Any, Any, None], name: str
) -> AsyncIterator[asyncio.Task[None]]:
    """Run a background task during the block; cancel it afterwards, and wait for its end.

    The error of a task that failed is raised when the block ends.
    """
    task = asyncio.create_task(coroutine, name=name)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def completes_before(stop: asyncio.Event, coroutine: Coroutine[Any, Any, object]) -> bool:
    """Run `coroutine` and return true; cancel it and return false if `stop` is set first."""
    work = asyncio.create_task(coroutine)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
            return True
        return False
    finally:
        work.cancel()
        stopping.cancel()
        await asyncio.gather(work, stopping, return_exceptions=True)


async def every(seconds: float, step: Callable[[], Awaitable[None]]) -> None:
    """Repeat `step` for ever, `seconds` apart; a failure is logged and does not end it."""
    while True:
        try:
            await step()
        except Exception:  # the outermost edge of a background task: the next round may succeed
            log.exception("background_task.failed", step=getattr(step, "__qualname__", repr(step)))
        await asyncio.sleep(seconds)
