"""Lets orders expire that are ready, and that nobody comes for."""

from __future__ import annotations

import datetime as dt

import structlog

from producer.handover import Handover
from producer.reconciling.open_orders import OpenOrders
from shared.domain.order import OrderState, advance
from shared.runtime.clock import Clock
from shared.store.contract import OrderChangedError, OrderStore

log = structlog.stdlib.get_logger(__name__)

_MOST_AT_ONCE = 200


class Expiry:
    """Expires what has been ready for longer than `after`."""

    def __init__(
        self,
        store: OrderStore,
        open_orders: OpenOrders,
        handover: Handover,
        clock: Clock,
        after: dt.timedelta,
    ) -> None:
        self._store = store
        self._open_orders = open_orders
        self._handover = handover
        self._clock = clock
        self._after = after

    async def expire(self) -> None:
        """Expire what is overdue among the orders that are known to be ready, and announce it."""
        overdue = self._open_orders.ready_before(self._clock() - self._after)
        for order_id in overdue[:_MOST_AT_ONCE]:
            try:
                await self._expire(order_id)
            except OrderChangedError:
                log.info("order.collected_at_last", order_id=order_id)
            self._open_orders.forget(order_id)

    async def _expire(self, order_id: str) -> None:
        order = await self._store.get(order_id)
        if order is None or order.state is not OrderState.READY:
            return
        expired = advance(order, OrderState.EXPIRED, self._clock())
        await self._store.replace(order, expired)
        log.info("order.expired", order_id=order_id, number=order.number)
        await self._handover.tell(expired)
