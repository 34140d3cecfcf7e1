"""Makes a day's report from the store, page by page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from producer.orders.opening_hours import OpeningHours
from producer.reports.day import DayReport, DayTally
from shared.clock import Clock
from shared.domain.order import Order
from shared.store.contract import OrderStore

_PAGE = 100

_AROUND = dt.timedelta(days=1)
"""A business day may begin or end on another date, and the shop's time zone may have changed."""

FIRST_DAY, LAST_DAY = dt.date(1970, 1, 1), dt.date(9998, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReporter:
    """Reports on the days of one shop; closed orders are deleted `keep` after their placing."""

    store: OrderStore
    opening_hours: OpeningHours
    clock: Clock
    keep: dt.timedelta

    async def today(self) -> dt.date:
        """Return the business day that it is."""
        return await self.opening_hours.business_day(self.clock())

    async def report(self, day: dt.date) -> DayReport:
        """Sum a day up, as its orders are now; raises StoreUnavailableError."""
        tally = DayTally(day, self.opening_hours.timezone)
        begins = self._begins(day)
        last: Order | None = None
        until = begins + 2 * _AROUND + dt.timedelta(days=1)
        while page := await self.store.orders_placed(begins - _AROUND, until, _PAGE, last):
            for order in page:
                tally.add(order)
            last = page[-1]
        return tally.report()

    async def has_ended(self, day: dt.date) -> bool:
        """Return whether no more orders of a day can be placed."""
        return await self.opening_hours.has_ended(day, self.clock())

    def is_kept(self, day: dt.date) -> bool:
        """Return whether none of the day's orders can have been deleted yet."""
        return self.clock() - self.keep < self._begins(day)

    def _begins(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(), self.opening_hours.timezone).astimezone(dt.UTC)
