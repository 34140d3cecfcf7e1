"""Announces recent changes again, under the same ids, when announcements may be lost."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import structlog

from producer.orders.dispatcher import Announcer
from shared.domain.order import Order, changes_since
from shared.store.contract import OrderStore

log = structlog.stdlib.get_logger(__name__)

_MOST_CHANGES = 5000
_MOST_READ = 10_000
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Republisher:
    """Announces every change since some time once more. Subscribers apply an event id once.

    Orders that are closed by now are searched among those placed up to `lifetime` before then.
    """

    store: OrderStore
    announcer: Announcer
    lifetime: dt.timedelta

    async def republish_since(self, since: dt.datetime) -> None:
        """Announce the changes since then again, up to 5000, those of one order in their order."""
        orders = changes = 0
        async for chunk in self._orders(since):
            histories = [changes_since(order, since) for order in chunk]
            await asyncio.gather(*(self._announce(history) for history in histories))
            orders += sum(1 for history in histories if history)
            changes += sum(len(history) for history in histories)
            if changes >= _MOST_CHANGES:
                log.warning("announcements.not_all_republished", limit=_MOST_CHANGES)
                break
        log.info(
            "announcements.republished", since=since.isoformat(), orders=orders, changes=changes
        )

    async def _announce(self, history: Sequence[Order]) -> None:
        for change in history:
            await self.announcer.announce(change)

    async def _orders(self, since: dt.datetime) -> AsyncIterator[Sequence[Order]]:
        """Yield the orders that may have changed since: those placed lately, then older ones."""
        placed_since = since - self.lifetime
        seen: set[str] = set()
        cursor: str | None = None
        while len(seen) < _MOST_READ:
            page = await self.store.page(None, _PAGE, cursor)
            recent = [order for order in page.orders if order.placed_at >= placed_since]
            seen.update(order.id for order in recent)
            yield recent
            cursor = page.next_cursor
            if cursor is None or len(recent) < len(page.orders):
                break
        yield await self.store.oldest_open_orders(seen, _MOST_READ)
