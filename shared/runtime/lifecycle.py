"""A service's life as a process: asked to stop by a signal, or by the loss of its parent."""

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
    """Give an event that is set by SIGTERM, SIGINT or the end of the parent.

    `lifeline_fd` is the reading end of a pipe whose other end only the parent holds.
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
async def heeding(number: signal.Signals, act: Callable[[], None]) -> AsyncIterator[None]:
    """Call `act` in the event loop whenever the signal comes, for as long as the block lasts."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(number, act)
    try:
        yield
    finally:
        loop.remove_signal_handler(number)


@contextlib.asynccontextmanager
async def running(
    coroutine: Coroutine[Any, Any, None], name: str
) -> AsyncIterator[asyncio.Task[None]]:
    """Run a side task for as long as the block lasts; cancel it, and wait for its end, after.

    A side task that failed raises when the block ends.
    """
    task = asyncio.create_task(coroutine, name=name)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def finished_before(stop: asyncio.Event, coroutine: Coroutine[Any, Any, object]) -> bool:
    """Run `coroutine`, unless `stop` is set first: then cancel it, and answer false."""
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
    """Repeat `step` for ever, with a pause between; a failure is logged and does not end it."""
    while True:
        try:
            await step()
        except Exception:  # the outermost edge of a side task: the next round may succeed
            log.exception("side_task.failed", step=getattr(step, "__qualname__", repr(step)))
        await asyncio.sleep(seconds)
