"""The lifecycle of a process: stop on a signal or the parent's end, and background tasks."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import structlog

MOST_DESCRIPTORS = 65_536
"""More than any of our processes uses; some systems have no hard limit."""

WATCHDOG_REPORT_SECONDS = 1.0

log = structlog.stdlib.get_logger(__name__)


def raise_descriptor_limit() -> int:
    """Raise this process's soft limit on open files to the hard one, and return it.

    Children inherit it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # macOS allows less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft


@contextlib.asynccontextmanager
async def stop_requested(lifeline_fd: int | None = None) -> AsyncIterator[asyncio.Event]:
    """Yield an event that SIGTERM, SIGINT or the end of the parent process sets.

    `lifeline_fd` is the read end of a pipe whose write end only the parent holds.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def parent_is_gone() -> None:
        log.warning("process.orphaned")
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with at_the_end_of(lifeline_fd, parent_is_gone):
            yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@contextlib.asynccontextmanager
async def at_the_end_of(lifeline_fd: int | None, act: Callable[[], None]) -> AsyncIterator[None]:
    """Call `act` once nobody holds the other end of this pipe, for as long as the block lasts."""
    loop = asyncio.get_running_loop()
    if lifeline_fd is None:
        yield
        return

    def read() -> None:
        if not os.read(lifeline_fd, 1):
            loop.remove_reader(lifeline_fd)
            act()

    loop.add_reader(lifeline_fd, read)
    try:
        yield
    finally:
        loop.remove_reader(lifeline_fd)


@contextlib.asynccontextmanager
async def watchdog_reports(fd: int | None) -> AsyncIterator[None]:
    """Report to the supervisor every second, for the block, that the event loop still turns.

    `fd` is the write end of a pipe that the supervisor reads.
    """
    if fd is None:
        yield
        return
    os.set_blocking(fd, False)
    reports = asyncio.create_task(_report_for_ever(fd), name="watchdog")
    try:
        yield
    finally:
        reports.cancel()


async def _report_for_ever(fd: int) -> None:
    while True:
        with contextlib.suppress(OSError):  # the supervisor has ended, or does not read
            os.write(fd, b".")
        await until_whole(WATCHDOG_REPORT_SECONDS)


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


async def until_whole(seconds: float) -> None:
    """Sleep until the machine's clock has a whole multiple of `seconds`, which are not 0.

    That is from a half to one and a half of them. Processes and tasks that tick so wake a sleeping
    core together, which costs more than what they do.
    """
    half = seconds / 2
    await asyncio.sleep(seconds - (asyncio.get_running_loop().time() + half) % seconds + half)


async def every(
    seconds: float,
    step: Callable[[], Awaitable[None]],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Repeat `step` for ever, `seconds` apart; a failure is logged and does not end it.

    With `until_whole` as `sleep`, it takes place at whole multiples of them, in all processes of
    the machine at once: not for what several of them would do in place of one another.
    """
    while True:
        try:
            await step()
        except Exception:  # the outermost edge of a background task: the next round may succeed
            log.exception("background_task.failed", step=getattr(step, "__qualname__", repr(step)))
        await sleep(seconds)
