"""The front desk: whether orders are taken, what is sold out, and how long the wait is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from producer.backlog import Backlog
from producer.errors import ShopClosedError, TooBusyError
from shared.domain.estimate import Estimate, estimate
from shared.domain.menu import Menu
from shared.store.contract import ShopState, ShopStatus, ShopStore

_CLOSED = frozenset({ShopState.PAUSED, ShopState.CLOSED})


@dataclass(frozen=True, slots=True)
class ShopView:
    """What everybody may know of the shop."""

    state: ShopState
    backlog: int
    wait: Estimate
    baristas: int


class FrontDesk:
    """Knows the menu and the line. More than `backlog_limit` tickets are too many."""

    def __init__(
        self,
        store: ShopStore,
        menu: Menu,
        backlog: Backlog,
        backlog_limit: int,
        brew_speed: float,
    ) -> None:
        self._store = store
        self.menu = menu
        self._backlog = backlog
        self._backlog_limit = backlog_limit
        self._brew_speed = brew_speed

    async def admit_order(self, now: dt.datetime) -> frozenset[str]:
        """Let an order in, and say what is sold out; raises ShopClosedError or TooBusyError."""
        status = await self._store.status()
        state = state_at(status, now)
        if state in _CLOSED:
            raise ShopClosedError(state, status.reason, status.until)
        if self._backlog.count >= self._backlog_limit:
            wait = await self.estimate(now, 0)
            raise TooBusyError(min(60, max(1, wait.low_seconds / 10)))
        return status.sold_out

    async def view(self, now: dt.datetime) -> ShopView:
        """Describe the shop as it is now."""
        status = await self._store.status()
        shifts = await self._store.on_shift(now)
        wait = await self.estimate(now, 0)
        return ShopView(state_at(status, now), self._backlog.count, wait, len(shifts))

    async def estimate(self, now: dt.datetime, prep_seconds: int) -> Estimate:
        """Estimate the wait of an order that takes `prep_seconds` at natural speed."""
        slots = sum(shift.slots for shift in await self._store.on_shift(now))
        typical = sum(item.prep_seconds for item in self.menu.items) / len(self.menu.items)
        return estimate(
            self._backlog.count, slots, self._brewed(typical), self._brewed(prep_seconds)
        )

    async def sold_out(self) -> frozenset[str]:
        """Say which items are sold out."""
        return (await self._store.status()).sold_out

    def _brewed(self, seconds: float) -> float:
        return seconds / self._brew_speed if self._brew_speed else 0


def state_at(status: ShopStatus, now: dt.datetime) -> ShopState:
    """Say the shop's state: what staff set, until the time that they set it for is over."""
    over = status.until is not None and now >= status.until
    return ShopState.OPEN if over else status.state
