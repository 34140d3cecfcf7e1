"""Orders in the embedded store."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import sqlite3
from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass
from functools import cached_property

from shared.clock import sortable
from shared.domain.order import OPEN_STATES, Order, OrderState
from shared.store import cursor as cursors
from shared.store.contract import OrderChangedError, Page, Placement
from shared.store.document import ORDER
from shared.store.on_order import OnOrder, ignore_order
from shared.store.sqlite.connection import changing, documents
from shared.store.sqlite.file import SqliteRecords
from shared.store.sqlite.gathered_reads import GatheredReads
from shared.store.sqlite.placing import Placing, place_all
from shared.store.sqlite.replacing import Replacing, replace_all

_GET = "SELECT document FROM orders WHERE id = ?"

_LAST = cursors.Position("~", "")
"""Sorts after every position, as `~` does after every digit."""

_GET_MANY = "SELECT document FROM orders WHERE id IN (SELECT value FROM json_each(?))"

_FIRST_IN_STATE = """SELECT * FROM (
    SELECT document, placed_at, id FROM orders
    WHERE store_id = ? AND state = ? ORDER BY {by} LIMIT ?
)"""

_NEWEST, _OLDEST = "placed_at DESC, id DESC", "placed_at, id"

_DELETE_CLOSED = """DELETE FROM orders WHERE id IN (
    SELECT id FROM orders WHERE store_id = ? AND state = ? AND placed_at < ? LIMIT ?
)"""

_DELETED_AT_ONCE = 200

_POSITIONS_IN_STATE = "SELECT placed_at, id FROM orders WHERE store_id = ? AND state = ?"


@dataclass(frozen=True)
class SqliteOrders(SqliteRecords):
    """The `OrderStore` of one shop, in a file that several shops may share.

    `on_order` is called with each change that was recorded through this object.
    """

    on_order: OnOrder = ignore_order

    @cached_property
    def _by_id(self) -> GatheredReads[Order]:
        return GatheredReads(self.reads, ORDER, _GET)

    async def place(self, order: Order, business_day: dt.date) -> Placement:
        """Record an order with the day's next number, unless its id is taken."""
        placement = await self.writes.run_joined(place_all, Placing(order, business_day))
        if placement.created:
            self.on_order(None, placement.order)
        return placement

    async def get(self, order_id: str) -> Order | None:
        """Read an order, together with others that are asked for at the same time."""
        return await self._by_id.get(order_id)

    async def peek(self, order_id: str) -> Order | None:
        """Read an order as `get` does: that costs nothing here."""
        return await self.get(order_id)

    async def orders_by_id(self, order_ids: Collection[str]) -> Sequence[Order]:
        """Read orders by their ids."""
        return await self.reads.run(documents(ORDER, _GET_MANY, json.dumps([*order_ids])))

    async def replace(self, before: Order, after: Order) -> None:
        """Write `after` over the version and attempt of `before`; raises OrderChangedError."""
        if not await self.writes.run_joined(replace_all, Replacing(before, after)):
            raise OrderChangedError(before.id)
        self.on_order(before, after)

    async def page(self, state: OrderState | None, limit: int, cursor: str | None) -> Page:
        """List orders older than the cursor; one more than `limit` shows that a page follows."""
        start = _LAST if cursor is None else cursors.decode(cursor)
        in_state, states = ("", ()) if state is None else ("AND state = ?", (state,))
        query = (
            f"SELECT document FROM orders WHERE store_id = ? {in_state}"  # noqa: S608 - text of our own
            " AND (placed_at, id) < (?, ?) ORDER BY placed_at DESC, id DESC LIMIT ?"
        )
        values = (self.store_id, *states, start.placed_at, start.order_id, limit + 1)
        orders = await self.reads.run(documents(ORDER, query, *values))
        if len(orders) <= limit:
            return Page(orders, None)
        return Page(orders[:limit], cursors.encode(cursors.position(orders[limit - 1])))

    async def orders_placed(
        self, since: dt.datetime, until: dt.datetime, limit: int, after: Order | None = None
    ) -> Sequence[Order]:
        """List orders by the time of their placing."""
        start = cursors.position(after) if after else cursors.Position(sortable(since), "")
        query = (
            "SELECT document FROM orders WHERE store_id = ? AND (placed_at, id) > (?, ?)"
            " AND placed_at < ? ORDER BY placed_at, id LIMIT ?"
        )
        values = (self.store_id, start.placed_at, start.order_id, sortable(until), limit)
        return await self.reads.run(documents(ORDER, query, *values))

    async def open_orders(
        self, states: Collection[OrderState], limit: int, *, oldest_first: bool = False
    ) -> Sequence[Order]:
        """List open orders, by one scan of the index for each state."""
        wanted = OPEN_STATES.intersection(states)
        if not wanted:
            return []
        by = _OLDEST if oldest_first else _NEWEST
        of_each = [_FIRST_IN_STATE.format(by=by)] * len(wanted)
        query = f"{' UNION ALL '.join(of_each)} ORDER BY {by} LIMIT ?"
        values = [value for state in wanted for value in (self.store_id, state, limit)]
        return await self.reads.run(documents(ORDER, query, *values, limit))

    async def oldest_open_orders(self, known: Container[str], limit: int) -> Sequence[Order]:
        """List open orders; ids are read from the index alone, documents only where wanted."""
        query = (
            f"{' UNION ALL '.join([_POSITIONS_IN_STATE] * len(OPEN_STATES))} ORDER BY placed_at, id"
        )
        values = [value for state in OPEN_STATES for value in (self.store_id, state)]

        def read(connection: sqlite3.Connection) -> Sequence[Order]:
            ids = (order_id for _, order_id in connection.execute(query, values))
            wanted = itertools.islice((each for each in ids if each not in known), limit)
            found = [connection.execute(_GET, (each,)).fetchone() for each in list(wanted)]
            return [ORDER.validate_json(row[0]) for row in found if row is not None]

        return await self.reads.run(read)

    async def delete_closed_orders(self, placed_before: dt.datetime) -> int:
        """Delete by the index of states, some at a time: other writes go in between."""
        deleted = 0
        for state in frozenset(OrderState) - OPEN_STATES:
            delete = changing(
                _DELETE_CLOSED, self.store_id, state, sortable(placed_before), _DELETED_AT_ONCE
            )
            while count := await self.writes.run(delete):
                deleted += count
        return deleted

    async def count_placed(self, since: dt.datetime, until: dt.datetime) -> int:
        """Count orders by the index alone."""
        query = (
            "SELECT count(*) FROM orders WHERE store_id = ? AND placed_at >= ? AND placed_at < ?"
        )
        values = (self.store_id, sortable(since), sortable(until))
        row = await self.reads.run(lambda db: db.execute(query, values).fetchone())
        count: int = row[0]
        return count
