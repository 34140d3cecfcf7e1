"""Announces changes again, under the same ids, when announcements may be lost."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from producer.orders.dispatcher import Announcer
from shared.domain.order import Order, changes_between
from shared.store.contract import OrderStore

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Republisher:
    """Announces every change in some time once more, up to `per_second`, the oldest order first.

    Subscribers apply an event id once. Orders that are closed by now are searched among those
    placed up to `lifetime` before that time.
    """

    store: OrderStore
    announcer: Announcer
    lifetime: dt.timedelta
    per_second: float

    async def republish(self, since: dt.datetime, until: dt.datetime) -> AsyncIterator[int]:
        """Announce the changes from `since` on and before `until`, an order's own in their order.

        Yields how many were announced, page by page: the caller can see to other things.
        """
        async for orders in self._orders(since, until):
            histories = [changes_between(order, since, until) for order in orders]
            count = sum(map(len, histories))
            await asyncio.gather(
                asyncio.sleep(count / self.per_second), *map(self._announce, histories)
            )
            yield count

    async def _announce(self, history: Sequence[Order]) -> None:
        for change in history:
            await self.announcer.announce(change)

    async def _orders(
        self, since: dt.datetime, until: dt.datetime
    ) -> AsyncIterator[Sequence[Order]]:
        """Page through the orders placed meanwhile, those placed before, and older open ones."""
        oldest = since - self.lifetime
        for first, end in ((since, until), (oldest, since)):
            last: Order | None = None
            while page := await self.store.orders_placed(first, end, _PAGE, last):
                yield page
                last = page[-1]
        known: set[str] = set()
        while page := await self.store.oldest_open_orders(known, _PAGE):
            older = [order for order in page if order.placed_at < oldest]
            yield older
            if len(older) < len(page):
                return
            known.update(order.id for order in older)
