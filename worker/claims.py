"""The claims on orders that a worker has in hand: kept up while it prepares, or ended."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from shared.clock import Clock
from shared.domain.order import Order, renew
from shared.store.contract import OrderStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Renews claims for `duration` from now on. A renewal is safe to repeat: no version changes."""

    store: OrderStore
    clock: Clock
    duration: dt.timedelta
    renew_after: float = field(init=False)
    """How many seconds after the last renewal the next one is due."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "renew_after", self.duration.total_seconds() / 3)

    async def renew(self, order: Order) -> Order:
        """Renew the claim on an order; raises OrderChangedError if it is another attempt's now."""
        return await self._write(order, self.clock() + self.duration)

    async def end(self, order: Order) -> None:
        """End the claim on an order, so that any ticket of it may claim it at once."""
        await self._write(order, self.clock())

    async def _write(self, order: Order, until: dt.datetime) -> Order:
        ticket = "" if order.claim is None else order.claim.ticket
        renewed = renew(order, ticket, until)
        await self.store.replace(order, renewed)
        return renewed
