"""Moves of orders that customers and staff ask for: canceled, completed, released, collected.

Each is a compare-and-set on what was read, so of two that happen at once one is refused. The
announcement follows the write, and is repeated later when it fails.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from producer.orders.dispatcher import OrderDispatcher
from producer.orders.errors import (
    NotCancelableError,
    NotCollectableError,
    NotCompletableError,
    NotInThatStateError,
    NotReleasableError,
    OrderNotFoundError,
)
from shared.clock import Clock
from shared.domain.order import Order, OrderState, advance
from shared.domain.order_copies import supersede
from shared.runtime.bounded_map import BoundedMap
from shared.store.contract import OrderChangedError, OrderStore, StoreUnavailableError

CALLED_EVERY = dt.timedelta(seconds=10)
"""A number that is called more often than this is called once."""

_MOST_CALLED = 1000

_HOLDERS_CANCEL = frozenset({OrderState.PLACED})
_STAFF_CANCEL = frozenset({OrderState.PLACED, OrderState.PREPARING, OrderState.READY})


@dataclass(frozen=True, slots=True)
class _Move:
    """A change of state: from which states, and why not from another.

    With an `attempt`, it is for the claim of that number alone.
    """

    to: OrderState
    states: frozenset[OrderState]
    refusal: type[NotInThatStateError]
    attempt: int | None = None
    by: str | None = None
    reason: str | None = None

    def fits(self, order: Order) -> bool:
        """Return whether the order can be moved."""
        return order.state in self.states and self.attempt in {None, order.attempt}

    def check(self, order: Order) -> None:
        """Raise the refusal unless the order can be moved."""
        if order.state not in self.states:
            wanted = " or ".join(sorted(self.states))
            raise self.refusal(f"the order is {order.state}; it must be {wanted} for this")
        if self.attempt not in {None, order.attempt}:
            raise self.refusal(
                f"the order is prepared by attempt {order.attempt} now, not by {self.attempt}"
            )

    def apply(self, order: Order, at: dt.datetime) -> Order:
        """Return the order after the move."""
        moved = advance(order, self.to, at, self.by)
        return moved if self.reason is None else replace(moved, cancel_reason=self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMoves:
    """Moves orders from state to state; `by` is the name of a staff key, None a customer.

    When the store does not confirm a write, it may have been made, and nobody has announced it:
    `on_doubt` gets its time, so that changes since then are announced again.
    """

    store: OrderStore
    dispatcher: OrderDispatcher
    clock: Clock
    on_doubt: Callable[[dt.datetime], None]
    _called: BoundedMap[str, dt.datetime] = field(default_factory=lambda: BoundedMap(_MOST_CALLED))

    async def cancel(self, order_id: str, by: str | None, reason: str | None = None) -> Order:
        """Cancel an order: customers while nobody has begun it, staff until it is collected.

        Raises OrderNotFoundError, NotCancelableError.
        """
        states = _HOLDERS_CANCEL if by is None else _STAFF_CANCEL
        move = _Move(OrderState.CANCELED, states, NotCancelableError, by=by, reason=reason)
        return await self._make(move, order_id)

    async def complete(self, order_id: str, attempt: int, by: str | None) -> Order:
        """Record that the drinks are made; raises OrderNotFoundError, NotCompletableError."""
        being_prepared = frozenset({OrderState.PREPARING})
        move = _Move(OrderState.READY, being_prepared, NotCompletableError, attempt, by)
        return await self._make(move, order_id)

    async def release(self, order_id: str, attempt: int | None, by: str | None) -> Order:
        """Put an order back in line; raises OrderNotFoundError, NotReleasableError.

        The barista that holds the ticket sees it, and queues the order anew.
        """
        being_prepared = frozenset({OrderState.PREPARING})
        move = _Move(OrderState.PLACED, being_prepared, NotReleasableError, attempt, by)
        return await self._make(move, order_id)

    async def collect(self, order_id: str, by: str | None) -> Order:
        """Hand a ready order to its customer; raises OrderNotFoundError, NotCollectableError."""
        ready = frozenset({OrderState.READY})
        return await self._make(
            _Move(OrderState.COLLECTED, ready, NotCollectableError, by=by), order_id
        )

    async def call(self, order_id: str) -> Order:
        """Announce a ready order once more; raises OrderNotFoundError, NotCollectableError.

        It is the same event: whoever has had it before, as a webhook or by mail, gets no other;
        boards and pages that are open call the number again.
        """
        order = await self.store.get(order_id)
        if order is None:
            raise OrderNotFoundError
        _Move(OrderState.COLLECTED, frozenset({OrderState.READY}), NotCollectableError).check(order)
        now, last = self.clock(), self._called.get(order_id)
        if last is None or now - last >= CALLED_EVERY:
            self._called[order_id] = now
            await self.dispatcher.announce(order)
        return order

    async def supersede(
        self, order_id: str, remake_id: str, by: str | None, *, over_others: bool
    ) -> None:
        """Refer an order to its remake; one that is ready is collected by that.

        An order that has another remake is left as it is, unless this one goes `over_others`.
        """
        while order := await self.store.get(order_id):
            if order.remade_as == remake_id or (order.remade_as and not over_others):
                if order.state is OrderState.COLLECTED:
                    await self.dispatcher.announce_if_new(order)
                return
            if await self._write(order, supersede(order, remake_id, self.clock(), by)):
                return

    async def _make(self, move: _Move, order_id: str) -> Order:
        order = await self.store.peek(order_id)
        moved = await self._moved(move, order) if order and move.fits(order) else None
        while moved is None:
            order = await self.store.get(order_id)
            if order is None:
                raise OrderNotFoundError
            await self._check(move, order)
            moved = await self._moved(move, order)
        return moved

    async def _moved(self, move: _Move, order: Order) -> Order | None:
        moved = move.apply(order, self.clock())
        return moved if await self._write(order, moved) else None

    async def _write(self, before: Order, after: Order) -> bool:
        """Write an order and announce its new state; return False if it was changed meanwhile."""
        is_moved = after.version > before.version
        try:
            await self.store.replace(before, after)
        except OrderChangedError:
            return False  # it is another state or attempt now, and there are not many
        except StoreUnavailableError:
            if is_moved:
                self.on_doubt(after.since)
            raise
        if is_moved:
            await self.dispatcher.announce_if_new(after)  # a second tap may have seen it before
        return True

    async def _check(self, move: _Move, order: Order) -> None:
        try:
            move.check(order)
        except NotInThatStateError:
            if order.state is move.to:  # whoever moved it may have died before announcing it
                await self.dispatcher.announce_if_new(order)
            raise
