"""The shop's opening hours as they are now: whether it takes orders, and which day it is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from producer.documents.document import Document
from producer.documents.hours import HoursDocument
from shared.domain.hours import OpenTime, business_day, has_ended
from shared.domain.shop import ShopStatus, within_hours
from shared.store.contract import ShopStore


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """Applies the opening hours, in the shop's time zone, to what staff have set."""

    document: Document[HoursDocument]
    store: ShopStore
    timezone: dt.tzinfo

    async def status(self, now: dt.datetime) -> tuple[ShopStatus, OpenTime | None]:
        """Read the status that counts at `now`, and the time of the hours that it is in."""
        hours = (await self.document.get()).value.hours
        return within_hours(await self.store.status(), hours, self.timezone, now)

    async def business_day(self, at: dt.datetime) -> dt.date:
        """Return the day whose number and report an order placed at `at` has."""
        return business_day((await self.document.get()).value.hours, self.timezone, at)

    async def has_ended(self, day: dt.date, at: dt.datetime) -> bool:
        """Return whether a business day is over at `at`."""
        return has_ended((await self.document.get()).value.hours, self.timezone, day, at)
