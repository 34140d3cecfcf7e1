"""A process of the model: its requests, their answers, and its failures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any

from shared.aws.clients import AwsUnavailableError
from shared.clock import Clock
from shared.consuming.message import LeaseLostError
from shared.domain.order import Order
from shared.store.contract import OrderChangedError, Placement, StoreUnavailableError
from tests.model.stepped_loop import SteppedLoop

REFUSALS = (OrderChangedError, LeaseLostError)


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A request under way; it takes effect and is answered in one step."""

    what: str
    effect: Callable[[], Any]
    about: Hashable
    changes: bool
    answer: asyncio.Future[Any]
    is_due: Callable[[], bool] = lambda: True

    def may_be_lost(self) -> bool:
        """Whether it goes to another process; one that only waits does not."""
        return self.what != "look"

    @property
    def out_of_reach(self) -> Exception:
        """The caller's error when no answer comes."""
        if self.what.startswith("store"):
            return StoreUnavailableError(self.what)
        return AwsUnavailableError(self.what)


class Host:
    """Runs real coroutines. They are deterministic, so that `memory` identifies their state."""

    def __init__(self, name: str, loop: SteppedLoop, clock: Clock) -> None:
        self.name = name
        self.calls: list[Call] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self.memory = 0
        self._loop = loop
        self._clock = clock
        self._asked: list[Call] = []
        self._buried = False

    def start(self, work: Coroutine[Any, Any, Any], why: Hashable) -> None:
        """Begin a piece of work."""
        self.remember(why)
        self.tasks.append(self._loop.create_task(work))

    async def ask(
        self,
        what: str,
        effect: Callable[[], Any],
        about: Hashable,
        *,
        changes: bool = True,
        is_due: Callable[[], bool] = lambda: True,
    ) -> Any:
        """Make a request, and wait for its answer, which comes when it `is_due`."""
        call = Call(what, effect, about, changes, self._loop.create_future(), is_due)
        if self._buried:
            raise call.out_of_reach
        self.calls.append(call)
        self._asked.append(call)
        return await call.answer

    def perform(self, call: Call) -> None:
        """Let a request take effect and be answered."""
        try:
            result = call.effect()
        except REFUSALS as refusal:
            self._end(call, type(refusal).__name__)
            call.answer.set_exception(refusal)
        else:
            self._end(call, gist(result))
            call.answer.set_result(result)

    def give_up(self, call: Call) -> None:
        """Let a request fail for its caller."""
        self._end(call, "given up")
        call.answer.set_exception(call.out_of_reach)

    def stop(self) -> None:
        """Cancel all work, as at the end of the grace period."""
        self.remember("stopped")
        self.calls.clear()
        for task in self.tasks:
            task.cancel()

    def bury(self) -> None:
        """End every task; no request is answered any more."""
        self._buried = True
        for task in self.tasks:
            task.cancel()
        for call in self._asked:
            if not call.answer.done():
                call.answer.set_exception(call.out_of_reach)

    def reap(self) -> None:
        """Remove the tasks that have ended; raises their unexpected errors."""
        for task in [task for task in self.tasks if task.done()]:
            self.tasks.remove(task)
            if not task.cancelled():
                task.result()

    def _end(self, call: Call, how: Hashable) -> None:
        self.remember((self.calls.index(call), call.what, how))
        self.calls.remove(call)

    def remember(self, event: Hashable) -> None:
        """Note what the process has seen: what it does next depends on it."""
        self.memory = hash((self.memory, event, self._clock()))


def gist(thing: object) -> Hashable:
    """Reduce an answer to the parts that later steps depend on."""
    if isinstance(thing, tuple):
        return tuple(map(gist, thing))
    if isinstance(thing, Placement):
        return thing.created, gist(thing.order)
    if not isinstance(thing, Order):
        return thing
    claim = thing.claim and (thing.claim.ticket, thing.claim.until)
    return thing.state, thing.version, thing.attempt, thing.number, claim, len(thing.timeline)
