"""Expires orders that are ready, and that nobody collects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from producer.orders.dispatcher import OrderDispatcher
from shared.clock import Clock
from shared.domain.order import Order, OrderState, advance, log_id
from shared.store.contract import OrderChangedError, OrderStore

log = structlog.stdlib.get_logger(__name__)

_MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Expiry:
    """Expires orders, and announces it."""

    store: OrderStore
    dispatcher: OrderDispatcher
    clock: Clock

    async def expire(self, overdue: Sequence[Order]) -> None:
        """Expire overdue orders; what exceeds 200 is left to the next rounds."""
        expired: list[Order] = []
        try:
            for order in overdue[:_MOST_AT_ONCE]:
                after = advance(order, OrderState.EXPIRED, self.clock())
                try:
                    await self.store.replace(order, after)
                except OrderChangedError:
                    log.info("order.not_expired", order=log_id(order.id))
                else:
                    log.info("order.expired", order=log_id(order.id), number=order.number)
                    expired.append(after)
        finally:
            await self.dispatcher.announce(*expired)
