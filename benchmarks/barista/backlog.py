"""A backlog: placed orders in an embedded store, each with its ticket in a queue on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.barista.loopback_aws import LoopbackAws
from benchmarks.engine.loopback_queue import LoopbackQueue
from benchmarks.engine.loopback_sqs import served
from shared.aws.names import Names
from shared.aws.outgoing import OutgoingMessage
from shared.clock import utc_now
from shared.domain.order import OrderState
from shared.messages.ticket import ticket_for
from shared.store.contract import Store
from shared.store.sqlite.store import open_sqlite_store
from tests.support.orders import an_order

_LOOK_SECONDS = 0.02
_AT_ONCE = 1000
_COUNT = "SELECT count(*) FROM orders WHERE state = ?"


@dataclass(frozen=True, slots=True)
class Backlog:
    """So many orders that are placed, in a folder, and the SQS and SNS of whoever makes them."""

    folder: Path
    orders: int
    aws: LoopbackAws = field(default_factory=LoopbackAws)

    @property
    def queue(self) -> LoopbackQueue:
        """The queue of tickets."""
        return self.aws.queues[Names().orders]

    @property
    def path(self) -> Path:
        """The file of the order store, where a worker looks for it."""
        return self.folder / "orders.sqlite3"

    @property
    def requests(self) -> int:
        """How many requests SQS and SNS have answered."""
        return self.queue.requests.total() + self.aws.published.total()

    async def until_ready(self, orders: int) -> int:
        """Wait until at least so many orders are ready; return how many are."""
        with contextlib.closing(sqlite3.connect(self.path)) as db:
            while (ready := _count_ready(db)) < orders:  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(_LOOK_SECONDS)
        return ready

    async def until_done(self) -> None:
        """Wait until all are ready and announced, and no ticket is left."""
        await self.until_ready(self.orders)
        await self.queue.empty.wait()
        if self.aws.announcements != 2 * self.orders:
            raise RuntimeError(f"{self.aws.announcements} announcements of {self.orders} orders")

    async def place(self) -> None:
        """Place them."""
        async with open_sqlite_store(self.path, "main") as store:
            for first in range(0, self.orders, _AT_ONCE):
                some = range(first, min(first + _AT_ONCE, self.orders))
                await asyncio.gather(*(self._place(store) for _ in some))

    async def _place(self, store: Store) -> None:
        now = utc_now()
        order = (await store.place(an_order(), now.date())).order
        ticket = OutgoingMessage(
            ticket_for(order).model_dump_json(), {"correlation_id": order.correlation_id}
        )
        self.queue.put(ticket.entry(0, "MessageBody"))


@contextlib.asynccontextmanager
async def placed(folder: Path, orders: int) -> AsyncIterator[Backlog]:
    """Place so many orders, and serve SQS and SNS during the block."""
    backlog = Backlog(folder, orders)
    await backlog.place()
    async with served(backlog.aws):
        yield backlog


def _count_ready(db: sqlite3.Connection) -> int:
    (ready,) = db.execute(_COUNT, (OrderState.READY,)).fetchone()
    return int(ready)
