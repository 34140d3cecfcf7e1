"""What the order store promises. Both stores pass one suite, `tests/contract/`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.domain.errors import UnavailableError
from shared.domain.order import Order, OrderState
from shared.domain.shop import CashierHeartbeat, ShopState, ShopStatus, WorkerHeartbeat
from shared.store.subscription_contract import SubscriptionStore


class StoreUnavailableError(UnavailableError):
    """The store is out of reach, or could not say in time that the write is durable.

    A write that ended so was most likely not made; look again before making another.
    """


class OrderChangedError(Exception):
    """The order is not as the caller knew it: somebody else has changed it, or claimed it."""

    def __init__(self, order_id: str) -> None:
        super().__init__("the order was changed by somebody else")
        self.order_id = order_id


class InvalidCursorError(ValueError):
    """The cursor is not one that a page came with."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The order as recorded; `created` is false when it had been placed before."""

    order: Order
    created: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some orders, newest first, and where the next page begins (none: this was the last)."""

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
        """Look an order up, as of the last completed write."""

    async def replace(self, before: Order, after: Order) -> None:
        """Write `after` if the recorded order still has the version and attempt of `before`.

        This is the fence: raises OrderChangedError, and writes nothing, otherwise.
        """

    async def page(self, state: OrderState | None, limit: int, cursor: str | None) -> Page:
        """List up to `limit` orders, newest first, of one state or of all.

        A page may hold fewer, even none, and be followed by another. Raises InvalidCursorError.
        """

    async def open_orders(self, states: Collection[OrderState], limit: int) -> Sequence[Order]:
        """List up to `limit` orders in some of the open states, the newest placed first."""

    async def oldest_open_orders(self, known: Container[str], limit: int) -> Sequence[Order]:
        """List up to `limit` open orders, the oldest placed first, but none whose id is `known`.

        Orders that are left out are not read, so that they cost next to nothing. `known` is asked
        once about every open order that is passed: when the list is shorter than `limit`, what
        it was not asked about is not open. It may be asked on another thread.
        """


class OrderCounts(Protocol):
    """How many orders there were, without reading them."""

    async def count_placed(self, since: dt.datetime, until: dt.datetime) -> int:
        """Count the orders placed from `since` on and before `until`; at most some hours."""


class ShopStore(Protocol):
    """What staff set for the whole shop, and who is at work."""

    async def status(self) -> ShopStatus:
        """Look the shop's status up."""

    async def set_state(
        self, state: ShopState, reason: str | None, until: dt.datetime | None
    ) -> None:
        """Open the shop, or close it."""

    async def set_sold_out(self, item_id: str, *, sold_out: bool) -> None:
        """Take an item off the menu for now, or put it back."""

    async def record_worker_heartbeat(self, shift: WorkerHeartbeat) -> None:
        """Record that a barista is at work, over its earlier record."""

    async def remove_worker_heartbeat(self, barista: str) -> None:
        """Forget a barista."""

    async def worker_heartbeats(self, at: dt.datetime) -> Sequence[WorkerHeartbeat]:
        """List the baristas that were heard of within their time."""


class CashierStore(Protocol):
    """Which cashiers are at work, and which have gone without saying so."""

    async def record_cashier_heartbeat(self, sign: CashierHeartbeat) -> None:
        """Record a cashier's sign of life over its earlier one."""

    async def remove_cashier_heartbeat(self, cashier: str) -> None:
        """Forget a cashier, after a clean stop."""

    async def cashier_heartbeats(self) -> Sequence[CashierHeartbeat]:
        """List the cashiers that have not signed out, whenever they were last heard of."""

    async def order_id_secret(self, candidate: str) -> str:
        """Give the secret that order ids are made with: the one that was first recorded.

        `candidate` is recorded when there is none, so that all cashiers of a shop have the same.
        """


class Store(OrderStore, OrderCounts, ShopStore, CashierStore, SubscriptionStore, Protocol):
    """The whole store, as a service opens it."""

    async def check(self) -> None:
        """Make sure that the store can be read and written; raises StoreUnavailableError."""
