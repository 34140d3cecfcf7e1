"""Orders that are placed at the same time: recorded and numbered by a few statements for all."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from shared.clock import sortable
from shared.domain.order import Order
from shared.store.contract import Placement
from shared.store.document import ORDER
from shared.store.sqlite.connection import documents

_RECORDED = "SELECT document FROM orders WHERE id IN (SELECT value FROM json_each(?))"

_COUNT_UP = """INSERT INTO numbers (store_id, business_day, last) VALUES (?, ?, ?)
    ON CONFLICT (store_id, business_day) DO UPDATE SET last = last + excluded.last"""

_LAST_NUMBER = "SELECT last FROM numbers WHERE store_id = ? AND business_day = ?"
"""`RETURNING` would need SQLite 3.35."""

_INSERT = """INSERT INTO orders
    (id, store_id, number, state, version, attempt, placed_at, document) VALUES """
_ROW = "(?, ?, ?, ?, ?, ?, ?, ?)"

_ROWS_AT_ONCE = 64
"""SQLite before 3.32 takes 999 parameters in a statement."""

_Day: TypeAlias = tuple[str, str]
"""Of whose numbers: a shop and a business day."""


@dataclass(frozen=True, slots=True)
class Placing:
    """An order to place, and the business day whose next number it gets."""

    order: Order
    business_day: dt.date

    @property
    def day(self) -> _Day:
        """Of whose numbers it gets the next one."""
        return self.order.store_id, self.business_day.isoformat()


def place_all(db: sqlite3.Connection, placings: Sequence[Placing]) -> Sequence[Placement]:
    """Record the orders whose ids are not taken yet, not even by an earlier one of these."""
    first = {placing.order.id: placing for placing in reversed(placings)}
    found = _recorded(db, first)
    new = [placing for order_id, placing in first.items() if order_id not in found]
    new.reverse()  # the first one gets the first number
    numbers = _next_numbers(db, Counter(placing.day for placing in new))
    numbered = [replace(each.order, number=f"{next(numbers[each.day]):03d}") for each in new]
    _insert(db, numbered)
    found |= {order.id: order for order in numbered}
    created = frozenset(map(id, new))
    return [Placement(found[each.order.id], created=id(each) in created) for each in placings]


def _recorded(db: sqlite3.Connection, order_ids: Iterable[str]) -> dict[str, Order]:
    """Find the orders that are recorded under these ids."""
    return {order.id: order for order in documents(ORDER, _RECORDED, json.dumps([*order_ids]))(db)}


def _next_numbers(
    db: sqlite3.Connection, wanted: Mapping[_Day, int]
) -> Mapping[_Day, Iterator[int]]:
    """Take so many numbers of each day."""
    numbers = {}
    for day, count in wanted.items():
        db.execute(_COUNT_UP, (*day, count))
        (last,) = db.execute(_LAST_NUMBER, day).fetchone()
        numbers[day] = iter(range(last - count + 1, last + 1))
    return numbers


def _insert(db: sqlite3.Connection, orders: Sequence[Order]) -> None:
    for start in range(0, len(orders), _ROWS_AT_ONCE):
        some = orders[start : start + _ROWS_AT_ONCE]
        values = itertools.chain.from_iterable(map(_row, some))
        db.execute(_INSERT + ", ".join([_ROW] * len(some)), tuple(values))


def _row(order: Order) -> Iterable[object]:
    return (
        order.id,
        order.store_id,
        order.number,
        order.state,
        order.version,
        order.attempt,
        sortable(order.placed_at),
        ORDER.dump_json(order).decode(),
    )
