"""Remakes: an order that went wrong is made again, free of charge, as an order of its own."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from producer.orders.dispatcher import OrderDispatcher
from producer.orders.errors import KeyReusedError, NotRemakableError, OrderNotFoundError
from producer.orders.moves import OrderMoves
from producer.orders.order_ids import OrderIds
from shared.clock import Clock
from shared.domain.order import Order, OrderState, log_id
from shared.domain.order_copies import remake
from shared.store.contract import OrderStore, Placement

log = structlog.stdlib.get_logger(__name__)

_REMAKABLE = frozenset({OrderState.READY, OrderState.COLLECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class RemakeRequest:
    """Which order to make again, who asks for it, and the request's idempotency key, if any."""

    order_id: str
    correlation_id: str
    by: str | None
    idempotency_key: str | None = None

    @property
    def fingerprint(self) -> str:
        """Requests for the same remake have the same, and no order has it."""
        return hashlib.sha256(f"remake of {self.order_id}".encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaker:
    """Places remakes, until an order has been ready for longer than `within`.

    Staff ask for them, so they are taken whether or not the shop is open. A remake takes the place
    of the order that is made again, and of the first one if that was a remake itself.
    """

    store: OrderStore
    moves: OrderMoves
    dispatcher: OrderDispatcher
    ids: OrderIds
    clock: Clock
    business_day: Callable[[dt.datetime], Awaitable[dt.date]]
    within: dt.timedelta

    async def remake(self, request: RemakeRequest) -> Placement:
        """Place a remake, or find it placed before under the same key.

        Raises OrderNotFoundError, NotRemakableError, KeyReusedError, and UnavailableError or
        EntryFailedError: then the same request can be made again.
        """
        new_id = self.ids.fresh()
        if request.idempotency_key is not None:
            new_id = self.ids.of_key(request.idempotency_key)
            if earlier := await self.store.get(new_id):
                return await self._dispatched(Placement(earlier, created=False), request)
        order = await self._copy(new_id, request)
        day = await self.business_day(order.placed_at)
        placement = await self.store.place(replace(order, business_day=day), day)
        if placement.created:
            names = {"order": log_id(new_id), "first": log_id(request.order_id)}
            log.info("order.remade", number=placement.order.number, **names)
        return await self._dispatched(placement, request)

    async def _copy(self, new_id: str, request: RemakeRequest) -> Order:
        first, now = await self.store.get(request.order_id), self.clock()
        if first is None:
            raise OrderNotFoundError
        self._check(first, now)
        return replace(
            remake(first, new_id, now, request.by),
            fingerprint=request.fingerprint,
            correlation_id=request.correlation_id,
        )

    def _check(self, first: Order, now: dt.datetime) -> None:
        ready_at = first.reached(OrderState.READY)
        if first.state not in _REMAKABLE or ready_at is None:
            raise NotRemakableError(
                f"the order is {first.state}; it must be ready or collected for this"
            )
        if now - ready_at > self.within:
            most = f"{self.within.total_seconds():.0f} s"
            raise NotRemakableError(f"the order was ready more than {most} ago")

    async def _dispatched(self, placement: Placement, request: RemakeRequest) -> Placement:
        if not await self._is_of(request, placement.order):
            raise KeyReusedError
        for replaced in {request.order_id, placement.order.remake_of or request.order_id}:
            await self.moves.supersede(
                replaced, placement.order.id, request.by, over_others=placement.created
            )
        await self.dispatcher.ensure(placement.order)
        return placement

    async def _is_of(self, request: RemakeRequest, recorded: Order) -> bool:
        """Return whether a request has made an order; a forgotten one has no fingerprint."""
        if not recorded.forgotten or recorded.fingerprint:
            return recorded.fingerprint == request.fingerprint
        asked = await self.store.get(request.order_id)
        first_id = request.order_id if asked is None else asked.remake_of or asked.id
        return recorded.remake_of == first_id
