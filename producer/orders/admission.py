"""The front desk: whether orders are taken, what is sold out, and how long the wait is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from producer.orders.backlog import Backlog
from producer.orders.errors import ShopClosedError, TooBusyError
from producer.orders.worker_heartbeats import WorkerHeartbeatCache
from shared.domain.estimate import Estimate, estimate
from shared.domain.menu import Menu
from shared.domain.shop import ShopStatus, WorkerHeartbeat
from shared.store.contract import ShopStore

_BUSY_SECONDS = 10
"""When to try again while the line is too long."""


@dataclass(frozen=True, slots=True)
class ShopView:
    """What everybody may know of the shop."""

    status: ShopStatus
    backlog: int
    wait: Estimate
    baristas: int


class FrontDesk:
    """Knows the menu and the line. More than `backlog_limit` tickets are too many."""

    def __init__(
        self,
        store: ShopStore,
        worker_heartbeats: WorkerHeartbeatCache,
        menu: Menu,
        backlog: Backlog,
        backlog_limit: int,
        brew_speed: float,
    ) -> None:
        self._store = store
        self._worker_heartbeats = worker_heartbeats
        self.menu = menu
        self._backlog = backlog
        self._backlog_limit = backlog_limit
        self._brew_speed = brew_speed

    async def admit_order(self, now: dt.datetime) -> frozenset[str]:
        """Let an order in, and say what is sold out; raises ShopClosedError or TooBusyError."""
        status = (await self._store.status()).at(now)
        if not status.takes_orders:
            raise ShopClosedError(status.state, status.reason, status.until)
        if self._backlog.count >= self._backlog_limit:
            raise TooBusyError(_BUSY_SECONDS)
        return status.sold_out

    async def view(self, now: dt.datetime) -> ShopView:
        """Describe the shop as it is now."""
        status = (await self._store.status()).at(now)
        shifts = await self._worker_heartbeats.worker_heartbeats(now)
        return ShopView(status, self._backlog.count, self._estimate(shifts, 0), len(shifts))

    async def estimate(self, now: dt.datetime, prep_seconds: int) -> Estimate:
        """Estimate the wait of an order that takes `prep_seconds` at natural speed."""
        return self._estimate(await self._worker_heartbeats.worker_heartbeats(now), prep_seconds)

    async def sold_out(self) -> frozenset[str]:
        """Say which items are sold out."""
        return (await self._store.status()).sold_out

    def _estimate(self, shifts: Sequence[WorkerHeartbeat], prep_seconds: int) -> Estimate:
        slots = sum(shift.slots for shift in shifts)
        typical = sum(item.prep_seconds for item in self.menu.items) / len(self.menu.items)
        return estimate(
            self._backlog.count, slots, self._brewed(typical), self._brewed(prep_seconds)
        )

    def _brewed(self, seconds: float) -> float:
        return seconds / self._brew_speed if self._brew_speed else 0
