"""The embedded order store: one SQLite file that several processes share."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Collection, Container, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.domain.order import Order, OrderState
from shared.domain.shop import CashierHeartbeat, ShopState, ShopStatus, WorkerHeartbeat
from shared.store.contract import Page, Placement
from shared.store.sqlite import orders as sqlite_orders
from shared.store.sqlite import shop as sqlite_shop
from shared.store.sqlite.file import open_file
from shared.store.sqlite.subscriptions import SqliteSubscriptions


@contextlib.asynccontextmanager
async def open_sqlite_store(
    path: Path, store_id: str, *, timeout_seconds: float = 5
) -> AsyncIterator[SqliteStore]:
    """Open the file for a shop's store, making both when there are none.

    What was accepted is durable when the block ends. Raises StoreUnavailableError when the file
    cannot be used, NewerSchemaError when it is of a newer release.
    """
    async with open_file(path, timeout_seconds) as file:
        yield SqliteStore(store_id, file)


@dataclass(frozen=True)
class SqliteStore(SqliteSubscriptions):
    """The `Store` of one shop, in a file that several shops may share."""

    async def place(self, order: Order, business_day: dt.date) -> Placement:
        """Record a new order; see `OrderStore.place`."""
        return await self.file.write(lambda file: sqlite_orders.place(file, order, business_day))

    async def get(self, order_id: str) -> Order | None:
        """Look an order up."""
        return await self.file.read(lambda file: sqlite_orders.get(file, order_id))

    async def replace(self, before: Order, after: Order) -> None:
        """Write `after` over `before`; see `OrderStore.replace`."""
        await self.file.write(lambda file: sqlite_orders.replace(file, before, after))

    async def page(self, state: OrderState | None, limit: int, cursor: str | None) -> Page:
        """List orders, newest first."""
        return await self.file.read(
            lambda file: sqlite_orders.page(file, self.store_id, state, limit, cursor)
        )

    async def open_orders(self, states: Collection[OrderState], limit: int) -> Sequence[Order]:
        """List open orders, the newest placed first."""
        return await self.file.read(
            lambda file: sqlite_orders.open_orders(file, self.store_id, states, limit)
        )

    async def oldest_open_orders(self, known: Container[str], limit: int) -> Sequence[Order]:
        """List open orders, the oldest placed first."""
        return await self.file.read(
            lambda file: sqlite_orders.oldest_open_orders(file, self.store_id, known, limit)
        )

    async def count_placed(self, since: dt.datetime, until: dt.datetime) -> int:
        """Count the orders placed in a time."""
        return await self.file.read(
            lambda file: sqlite_orders.count_placed(file, self.store_id, since, until)
        )

    async def status(self) -> ShopStatus:
        """Look the shop's status up."""
        return await self.file.read(lambda file: sqlite_shop.status(file, self.store_id))

    async def set_state(
        self, state: ShopState, reason: str | None, until: dt.datetime | None
    ) -> None:
        """Open the shop, or close it."""
        await self.file.write(
            lambda file: sqlite_shop.set_state(file, self.store_id, state, reason, until)
        )

    async def set_sold_out(self, item_id: str, *, sold_out: bool) -> None:
        """Take an item off the menu for now, or put it back."""
        await self.file.write(
            lambda file: sqlite_shop.set_sold_out(file, self.store_id, item_id, sold_out=sold_out)
        )

    async def record_worker_heartbeat(self, shift: WorkerHeartbeat) -> None:
        """Record that a barista is at work."""
        await self.file.write(
            lambda file: sqlite_shop.record_worker_heartbeat(file, self.store_id, shift)
        )

    async def remove_worker_heartbeat(self, barista: str) -> None:
        """Forget a barista."""
        await self.file.write(
            lambda file: sqlite_shop.remove_worker_heartbeat(file, self.store_id, barista)
        )

    async def worker_heartbeats(self, at: dt.datetime) -> Sequence[WorkerHeartbeat]:
        """List the baristas that were heard of within their time."""
        return await self.file.read(
            lambda file: sqlite_shop.worker_heartbeats(file, self.store_id, at)
        )

    async def record_cashier_heartbeat(self, sign: CashierHeartbeat) -> None:
        """Record a cashier's sign of life."""
        await self.file.write(
            lambda file: sqlite_shop.record_cashier_heartbeat(file, self.store_id, sign)
        )

    async def remove_cashier_heartbeat(self, cashier: str) -> None:
        """Forget a cashier."""
        await self.file.write(
            lambda file: sqlite_shop.remove_cashier_heartbeat(file, self.store_id, cashier)
        )

    async def cashier_heartbeats(self) -> Sequence[CashierHeartbeat]:
        """List the cashiers that have not signed out."""
        return await self.file.read(
            lambda file: sqlite_shop.cashier_heartbeats(file, self.store_id)
        )

    async def order_id_secret(self, candidate: str) -> str:
        """Give the secret that order ids are made with."""
        return await self.file.write(
            lambda file: sqlite_shop.order_id_secret(file, self.store_id, candidate)
        )

    async def check(self) -> None:
        """Make sure that the file can be read and written."""
        await self.file.check()
