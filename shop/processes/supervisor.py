"""The supervisor: keeps the children of one shop running, and leaves none behind."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Iterable
from typing import Any

from shop.processes.child import Child


class Supervisor:
    """Keeps children running until one cannot be started, or another task fails."""

    def __init__(self, stop_seconds: float) -> None:
        self._stop_seconds = stop_seconds
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    def keep(self, child: Child) -> None:
        """Start a child, and start it again whenever it ends."""
        self._watch(asyncio.create_task(child.keep(), name=child.name))

    @contextlib.asynccontextmanager
    async def background_task(self, coroutine: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        """Run a task during the block; its failure ends the supervisor."""
        task = asyncio.create_task(coroutine)
        self._watch(task)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def until(self, stop: asyncio.Event) -> BaseException | None:
        """Wait for `stop`, or for the first failure, which is returned."""
        stopping = asyncio.create_task(stop.wait(), name="wait for stop")
        ends: list[asyncio.Future[Any]] = [stopping, self._failure]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        return self._failure.result() if self._failure.done() else None

    async def stop(self, children: Iterable[Child]) -> None:
        """Stop children together: SIGTERM, and SIGKILL for those that outstay their time."""
        await asyncio.gather(*(child.stop(self._stop_seconds) for child in children))

    async def kill(self) -> None:
        """Kill what still runs, and wait for its end."""
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)

    def _watch(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not self._failure.done():
            self._failure.set_result(error)


@contextlib.asynccontextmanager
async def supervision(stop_seconds: float) -> AsyncIterator[Supervisor]:
    """Give a supervisor; whatever still runs when the block ends is killed."""
    supervisor = Supervisor(stop_seconds)
    try:
        yield supervisor
    finally:
        await supervisor.kill()
