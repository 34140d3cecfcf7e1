"""A backlog: placed orders in an embedded store, each with its ticket in a queue of SQS."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from shared.aws.clients import AwsClients, aws_clients
from shared.aws.names import Names
from shared.aws.provisioning import ensure_queue
from shared.aws.queue import SqsQueue
from shared.aws.queues import open_orders_queue
from shared.clock import utc_now
from shared.domain.order import OrderState
from shared.messages.announcement import ORDER_EVENTS
from shared.messages.ticket import send_ticket, ticket_for
from shared.runtime.settings import ServiceSettings
from shared.store.contract import Store
from shared.store.factory import open_store
from tests.support.emulator import CREDENTIALS
from tests.support.orders import an_order

_LOOK_SECONDS = 0.05
_COUNT = "SELECT count(*) FROM orders WHERE store_id = ? AND state = ?"


@dataclass(frozen=True, slots=True)
class Backlog:
    """So many orders that are placed, and the queue of their tickets."""

    settings: ServiceSettings
    orders: int
    queue: SqsQueue

    async def until_ready(self, orders: int) -> int:
        """Wait until at least so many orders are ready; return how many are."""
        with contextlib.closing(sqlite3.connect(self.settings.sqlite_path)) as db:
            while (ready := self._ready(db)) < orders:  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(_LOOK_SECONDS)
        return ready

    async def until_done(self) -> None:
        """Wait until every order is ready, and its ticket deleted."""
        await self.until_ready(self.orders)
        while await self.queue.waiting_and_in_flight() != (0, 0):  # noqa: ASYNC110 - SQS tells nobody
            await asyncio.sleep(_LOOK_SECONDS)

    def _ready(self, db: sqlite3.Connection) -> int:
        (ready,) = db.execute(_COUNT, (self.settings.store_id, OrderState.READY)).fetchone()
        return int(ready)


@contextlib.asynccontextmanager
async def placed(endpoint: str, prefix: str, folder: Path, orders: int) -> AsyncIterator[Backlog]:
    """Make queues and a topic behind a prefix, a store in a folder, and place orders there."""
    settings = ServiceSettings(
        aws_endpoint_url=endpoint,
        aws_access_key_id=CREDENTIALS.access_key_id,
        aws_secret_access_key=CREDENTIALS.secret_access_key,
        name_prefix=prefix,
        state_dir=folder,
    )
    names = Names(prefix)
    async with aws_clients(settings) as clients:
        await _make_queues(clients, names)
        async with open_orders_queue(clients, names) as queue:
            async with open_store(settings, None, utc_now) as store:
                await asyncio.gather(*(_place(store, queue) for _ in range(orders)))
            yield Backlog(settings, orders, queue)


async def _make_queues(clients: AwsClients, names: Names) -> None:
    for name in (names.orders, names.dead_letters):
        await ensure_queue(clients.sqs, name, {})
    await clients.sns.create_topic(Name=names.topic(ORDER_EVENTS))


async def _place(store: Store, queue: SqsQueue) -> None:
    now = utc_now()
    placement = await store.place(an_order(), now.date())
    await send_ticket(queue, ticket_for(placement.order))
