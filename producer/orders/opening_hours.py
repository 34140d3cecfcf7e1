"""The shop's opening hours as they are now: whether it takes orders, and which day it is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from producer.documents.document import Document
from producer.documents.hours import HoursDocument
from shared.domain.hours import OpenTime, business_day, has_ended
from shared.domain.shop import ShopStatus, within_hours
from shared.runtime.ttl_cache import TtlCache
from shared.store.contract import ShopStore

STATUS_TTL_SECONDS = 0.25
"""How long a change by another cashier may go unseen: every order needs the status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """Applies the opening hours, in the shop's time zone, to what staff have set."""

    document: Document[HoursDocument]
    store: ShopStore
    timezone: dt.tzinfo
    recent: TtlCache[ShopStatus] = field(init=False)
    """What staff have set; whoever changes it makes it expire."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "recent", TtlCache(self.store.status, STATUS_TTL_SECONDS))

    async def status(self, now: dt.datetime) -> tuple[ShopStatus, OpenTime | None]:
        """Read the status that counts at `now`, and the time of the hours that it is in."""
        hours = (await self.document.get()).value.hours
        return within_hours(await self.recent.get(), hours, self.timezone, now)

    async def business_day(self, at: dt.datetime) -> dt.date:
        """Return the day whose number and report an order placed at `at` has."""
        return business_day((await self.document.get()).value.hours, self.timezone, at)

    async def has_ended(self, day: dt.date, at: dt.datetime) -> bool:
        """Return whether a business day is over at `at`."""
        return has_ended((await self.document.get()).value.hours, self.timezone, day, at)
