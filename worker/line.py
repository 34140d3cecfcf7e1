"""The line at the bar: orders whose tickets a worker holds, until somebody can make them.

An order that was begun goes on at once, under whichever worker: people may be making it. So does a
remake, since its customer has waited already. Another one that is placed waits until fewer orders
than there are places are being made.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import heapq
import math
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field

from shared.domain.order import Order, OrderState
from worker.preparation import LetGoError, MovedOnError

GATHER_SECONDS = 0.2
"""How long orders are gathered before the first is called: tickets come in any order."""


@dataclass(slots=True, eq=False)
class Waiting:
    """An order in line."""

    order: Order
    turn: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


def next_up(waiting: Iterable[Waiting], free: float) -> list[Waiting]:
    """Choose those to be made next, as many as places are free, the oldest first."""
    line = [each for each in waiting if not each.turn.done()]
    count = max(0, int(min(free, len(line))))
    return heapq.nsmallest(count, line, key=lambda each: each.order.placed_at)


class Line:
    """Lets an order pass when fewer than `places` are being made.

    Those that come within `gather_seconds` of each other are called by their age.
    """

    def __init__(self, places: float = math.inf, gather_seconds: float = 0) -> None:
        self.waiting: set[Waiting] = set()
        self._places = places
        self._gather_seconds = gather_seconds
        self._gathering: asyncio.TimerHandle | None = None
        self.made: set[Waiting] = set()
        self._stopping = False

    @property
    def waiting_since(self) -> dt.datetime | None:
        """Since when the order in line that waits the longest has been placed."""
        return min((each.order.since for each in self.waiting), default=None)

    @contextlib.asynccontextmanager
    async def turn(self, order: Order) -> AsyncIterator[None]:
        """Wait until it is the order's turn; it has a place during the block.

        Raises MovedOnError when it is not to be made any more, and LetGoError after `let_go`.
        """
        if self._stopping:
            raise LetGoError(order)
        mine = Waiting(order)
        try:
            must_wait = self._gather_seconds > 0 or len(self.made) >= self._places
            if must_wait and order.state is OrderState.PLACED and order.remake_of is None:
                await self._wait(mine)
            self.made.add(mine)
            yield
        finally:
            self.waiting.discard(mine)
            self.made.discard(mine)
            if self.waiting:
                self._call()

    @staticmethod
    def see(waiting: Iterable[Waiting], recorded: Mapping[str, Order]) -> None:
        """Send away the orders in line that have changed."""
        for each in waiting:
            if each.turn.done():
                continue
            order = recorded.get(each.order.id)
            if order is None or order.version != each.order.version:
                each.turn.set_exception(MovedOnError(each.order.id))

    def let_go(self) -> None:
        """Send away all orders in line: the worker stops."""
        self._stopping = True
        for each in self.waiting:
            if not each.turn.done():
                each.turn.set_exception(LetGoError(each.order))

    async def _wait(self, mine: Waiting) -> None:
        self.waiting.add(mine)
        if self._gathering is None:
            loop = asyncio.get_running_loop()
            self._gathering = loop.call_later(self._gather_seconds, self._call_gathered)
        await mine.turn

    def _call_gathered(self) -> None:
        self._gathering = None
        self._call()

    def _call(self) -> None:
        """Call as many as places are free, unless others are just coming into line."""
        if self._gathering is not None:
            return
        for each in next_up(self.waiting, self._places - len(self.made)):
            self.waiting.discard(each)
            self.made.add(each)
            each.turn.set_result(None)
