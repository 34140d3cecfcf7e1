"""Announces again what has changed of late, under the same ids, when some may not have heard it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence

import structlog

from producer.orders.dispatcher import Announcer
from shared.domain.order import Order, changes_since
from shared.store.contract import OrderStore

log = structlog.stdlib.get_logger(__name__)

_MOST_CHANGES = 5000
_MOST_READ = 10_000
_PAGE = 100


class Republisher:
    """Announces every change since some time once more. Subscribers apply an event id once.

    Orders that are closed by now are looked for among those that were placed up to `lifetime`
    before that time.
    """

    def __init__(self, store: OrderStore, announcer: Announcer, lifetime: dt.timedelta) -> None:
        self._store = store
        self._announcer = announcer
        self._lifetime = lifetime

    async def republish_since(self, since: dt.datetime) -> None:
        """Announce again what changed since then, up to 5000 changes, an order's own in order."""
        orders = changes = 0
        async for chunk in self._orders(since):
            histories = [changes_since(order, since) for order in chunk]
            await asyncio.gather(*(self._tell(history) for history in histories))
            orders += sum(1 for history in histories if history)
            changes += sum(len(history) for history in histories)
            if changes >= _MOST_CHANGES:
                log.warning("announcements.not_all_repeated", limit=_MOST_CHANGES)
                break
        log.info("announcements.repeated", since=since.isoformat(), orders=orders, changes=changes)

    async def _tell(self, history: Sequence[Order]) -> None:
        for change in history:
            await self._announcer.announce(change)

    async def _orders(self, since: dt.datetime) -> AsyncIterator[Sequence[Order]]:
        """Give the orders that may have changed since: those placed of late, then older ones."""
        placed_since = since - self._lifetime
        seen: set[str] = set()
        cursor: str | None = None
        while len(seen) < _MOST_READ:
            page = await self._store.page(None, _PAGE, cursor)
            recent = [order for order in page.orders if order.placed_at >= placed_since]
            seen.update(order.id for order in recent)
            yield recent
            cursor = page.next_cursor
            if cursor is None or len(recent) < len(page.orders):
                break
        yield await self._store.oldest_open_orders(seen, _MOST_READ)
