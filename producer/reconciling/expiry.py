"""Lets orders expire that are ready, and that nobody comes for."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from producer.orders.dispatcher import OrderDispatcher
from shared.clock import Clock
from shared.domain.order import Order, OrderState, advance
from shared.store.contract import OrderChangedError, OrderStore

log = structlog.stdlib.get_logger(__name__)

_MOST_AT_ONCE = 200


class Expiry:
    """Expires orders, and announces it."""

    def __init__(self, store: OrderStore, dispatcher: OrderDispatcher, clock: Clock) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._clock = clock

    async def expire(self, overdue: Sequence[Order]) -> None:
        """Expire orders that are overdue, the rest of very many in the next rounds."""
        expired: list[Order] = []
        try:
            for order in overdue[:_MOST_AT_ONCE]:
                expired += await self._expire(order)
        finally:
            await self._dispatcher.announce(*expired)

    async def _expire(self, order: Order) -> Sequence[Order]:
        """Expire an order; give it as it is then, if nobody was faster."""
        expired = advance(order, OrderState.EXPIRED, self._clock())
        try:
            await self._store.replace(order, expired)
        except OrderChangedError:
            log.info("order.collected_at_last", order_id=order.id)
            return ()
        log.info("order.expired", order_id=order.id, number=order.number)
        return (expired,)
