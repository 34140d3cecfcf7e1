"""The contract of the order store. Both stores pass one suite, `tests/contract/`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol, TypeVar

from shared.domain.change import Change
from shared.domain.errors import UnavailableError
from shared.domain.order import Order, OrderState
from shared.domain.shop import (
    CashierHeartbeat,
    Heartbeat,
    NotifierHeartbeat,
    ShopState,
    ShopStatus,
    WorkerHeartbeat,
)
from shared.store.document_contract import DocumentStore
from shared.store.photo_contract import PhotoRecordStore
from shared.store.staff_contract import ChangeStore, StaffKeyStore
from shared.store.subscription_contract import SubscriptionStore


class StoreUnavailableError(UnavailableError):
    """The store is unavailable, or did not confirm in time that the write is durable.

    The write was most likely not made: read again before another attempt.
    """


class StoreCorruptError(StoreUnavailableError):
    """The store's records are damaged: only a backup helps."""


class OrderChangedError(Exception):
    """The order was changed or claimed by somebody else since the caller read it."""

    def __init__(self, order_id: str) -> None:
        super().__init__("the order was changed by somebody else")
        self.order_id = order_id


class InvalidCursorError(ValueError):
    """The cursor did not come with a page."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The order as recorded; `created` is false when it had been placed before."""

    order: Order
    created: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some orders, newest first, and the cursor of the next page, None on the last one."""

    orders: Sequence[Order]
    next_cursor: str | None


class OrderStore(Protocol):
    """The record of one shop's orders. Every write is durable when its call returns.

    Pages and open orders are those of the shop that the store was opened for.
    Every method raises StoreUnavailableError when the store cannot be reached in time.
    """

    async def place(self, order: Order, business_day: dt.date) -> Placement:
        """Record a new order under its id, and give it the day's next number.

        Numbers ("001", "002", … "1000") never repeat within a day; one may be left out.
        When the id is taken, the order recorded under it is returned and nothing changes.
        """

    async def get(self, order_id: str) -> Order | None:
        """Read an order, as of the last completed write."""

    async def peek(self, order_id: str) -> Order | None:
        """Read an order, maybe as it was a moment ago, at half of what `get` costs.

        Only for a change that `replace` fences; who would do nothing, or is refused, reads again.
        """

    async def orders_by_id(self, order_ids: Collection[str]) -> Sequence[Order]:
        """Read up to 1000 orders at once, in no order, as of the last completed write.

        Those that there are not are left out.
        """

    async def replace(self, before: Order, after: Order) -> None:
        """Write `after` if the recorded order still has the version and attempt of `before`.

        This is the fence: otherwise it writes nothing, and raises OrderChangedError. Once the
        customer is forgotten, every `after` is written without what `forget_customer` removes.
        """

    async def page(self, state: OrderState | None, limit: int, cursor: str | None) -> Page:
        """List up to `limit` orders, newest first, of one state or of all.

        A page may hold fewer, even none, and be followed by another. Raises InvalidCursorError.
        """

    async def open_orders(
        self, states: Collection[OrderState], limit: int, *, oldest_first: bool = False
    ) -> Sequence[Order]:
        """List up to `limit` orders in some of the open states, the newest placed first.

        With `oldest_first` it lists the oldest, in the order of their placing.
        """

    async def orders_placed(
        self, since: dt.datetime, until: dt.datetime, limit: int, after: Order | None = None
    ) -> Sequence[Order]:
        """List up to `limit` orders placed from `since` on and before `until`, the oldest first.

        `after` is the last one of the list before.
        """

    async def oldest_open_orders(self, known: Container[str], limit: int) -> Sequence[Order]:
        """List up to `limit` open orders, the oldest placed first, whose ids are not `known`.

        Known orders are not read, so they cost next to nothing. Each open order that is passed
        is looked up in `known` once, maybe on another thread: when the list is shorter than
        `limit`, an id that was not looked up is not open.
        """

    async def delete_closed_orders(self, placed_before: dt.datetime) -> int:
        """Delete the orders placed before then that are not open; return how many.

        Where the store deletes them by itself, it returns 0.
        """


class OrderCounts(Protocol):
    """How many orders there were, without reading them."""

    async def count_placed(self, since: dt.datetime, until: dt.datetime) -> int:
        """Count the orders placed from `since` on and before `until`; at most some hours."""


class ShopStore(Protocol):
    """What staff set for the whole shop; with it, a `change` is recorded, if there is one."""

    async def status(self) -> ShopStatus:
        """Read the shop's status."""

    async def set_state(
        self,
        state: ShopState,
        reason: str | None,
        until: dt.datetime | None,
        change: Change | None = None,
    ) -> None:
        """Open the shop, or close it."""

    async def set_sold_out(
        self, what: str, *, sold_out: bool, change: Change | None = None
    ) -> None:
        """Take an item, a size or a modifier off the menu for now, or put it back.

        It is written as in `shared.domain.menu`: `latte`, `latte/large`, `+oat-milk`. Where that
        changes nothing, no change is recorded.
        """


_Process = TypeVar("_Process", CashierHeartbeat, NotifierHeartbeat)


class HeartbeatStore(Protocol):
    """Which processes are alive, and which cashiers and notifiers stopped uncleanly."""

    async def record_heartbeat(self, beat: Heartbeat) -> None:
        """Record a process's heartbeat over the one before."""

    async def remove_heartbeat(self, kind: type[Heartbeat], name: str) -> None:
        """Delete a process's heartbeat, if there is one, after a clean stop."""

    async def replace_heartbeat(self, before: _Process, after: _Process | None) -> bool:
        """Write `after` over a process's heartbeat, or delete it, if it is still that of `before`.

        Return whether it was: of several that take it over, one does.
        """

    async def worker_heartbeats(self, at: dt.datetime) -> Sequence[WorkerHeartbeat]:
        """List the heartbeats of the workers that are alive at `at`."""

    async def cashier_heartbeats(self) -> Sequence[CashierHeartbeat]:
        """List the heartbeats of the cashiers that have not stopped cleanly, however old."""

    async def notifier_heartbeats(self) -> Sequence[NotifierHeartbeat]:
        """List the heartbeats of the notifiers that have a live queue, alive or not, by name."""


class ValueKey(Enum):
    """A value that all processes of a shop have in common."""

    ORDER_ID_SECRET = auto()
    """What order ids are made with."""

    LINK_SECRET = auto()
    """What links in mail are signed with."""

    QUEUE_EPOCH = auto()
    """What the queue of delivery jobs is tagged with while nothing on it was lost."""


class KeyValueStore(Protocol):
    """A shop's single values."""

    async def value(self, key: ValueKey) -> str | None:
        """Read a value, as of the last completed write."""

    async def set_value(self, key: ValueKey, value: str) -> None:
        """Record a value in place of the one before."""

    async def get_or_set_value(self, key: ValueKey, candidate: str) -> str:
        """Give the recorded value; `candidate` is recorded when there is none.

        All processes of the shop get the same one.
        """


class Store(
    OrderStore,
    OrderCounts,
    ShopStore,
    DocumentStore,
    PhotoRecordStore,
    StaffKeyStore,
    ChangeStore,
    HeartbeatStore,
    KeyValueStore,
    SubscriptionStore,
    Protocol,
):
    """The whole store, as a service opens it."""

    async def check(self) -> None:
        """Check that the store can be read and written; raises StoreUnavailableError."""

    async def find_damage(self) -> None:
        """Look for damaged records once; `check` fails from then on if there are any."""

    async def erase_replaced(self) -> None:
        """Remove from the store's files what was deleted or written over until now."""
