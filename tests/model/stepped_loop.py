"""An event loop that never waits: it runs what is ready, and its time stands still.

Real tasks, locks and time-outs work in it; its driver decides what happens next.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextvars import Context
from typing import Any, TypeVar, cast

Result = TypeVar("Result")


class SteppedLoop:
    """The part of `asyncio.AbstractEventLoop` that tasks without I/O need."""

    def __init__(self) -> None:
        self._ready: deque[asyncio.Handle] = deque()

    @property
    def as_loop(self) -> asyncio.AbstractEventLoop:
        return cast("asyncio.AbstractEventLoop", self)

    def run_ready(self) -> None:
        """Run until every task waits for the driver."""
        while self._ready:
            handle = self._ready.popleft()
            if not handle.cancelled():
                handle._run()  # noqa: SLF001 - that is what a loop does with its handles

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self.as_loop, context)
        self._ready.append(handle)
        return handle

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any
    ) -> asyncio.TimerHandle:
        """Make a timer that never fires: the driver chooses the time-outs."""
        return asyncio.TimerHandle(when, callback, args, self.as_loop)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Ignore: no timer is kept."""

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self.as_loop)

    def create_task(
        self, work: Coroutine[Any, Any, Result], *, name: str | None = None
    ) -> asyncio.Task[Result]:
        return asyncio.Task(work, loop=self.as_loop, name=name)

    def time(self) -> float:
        return 0

    def get_debug(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        raise AssertionError(context["message"]) from context.get("exception")


@contextlib.contextmanager
def running(loop: SteppedLoop) -> Iterator[SteppedLoop]:
    """Make `loop` the one that runs, as far as asyncio can tell."""
    asyncio._set_running_loop(loop.as_loop)  # noqa: SLF001 - documented as being for loops
    try:
        yield loop
    finally:
        asyncio._set_running_loop(None)  # noqa: SLF001
