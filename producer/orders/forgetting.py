"""Forgets customers: their names and notes leave their orders, which stay for the books."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from producer.orders.errors import OrderNotFoundError
from producer.orders.opening_hours import OpeningHours
from producer.orders.order_ids import OrderIds
from shared.clock import Clock
from shared.domain.hours import day_of
from shared.domain.order import Order
from shared.domain.order_copies import forget_customer
from shared.domain.visible_text import spelling
from shared.store.contract import OrderChangedError, Store

log = structlog.stdlib.get_logger(__name__)

_PAGE = 500


@dataclass(frozen=True, slots=True)
class FoundOrders:
    """Orders of a customer; `next_cursor` continues the search, None when it is over."""

    orders: Sequence[Order]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerForgetter:
    """Finds the orders of a customer, and forgets whose they were."""

    store: Store
    ids: OrderIds
    clock: Clock
    opening_hours: OpeningHours

    async def with_id(self, order_id: str) -> FoundOrders:
        """Find an order by its id, and its remakes; raises OrderNotFoundError."""
        order = await self.store.get(order_id)
        if order is None:
            raise OrderNotFoundError
        return FoundOrders(await self._with_remakes(order), None)

    async def with_number(self, number: int, cursor: str | None) -> FoundOrders:
        """Search some of the business day's orders, the newest first, for one with this number.

        Its remakes are found with it.
        """
        today = await self.opening_hours.business_day(self.clock())
        zone = self.opening_hours.timezone
        page = await self.store.page(None, _PAGE, cursor)
        todays = [order for order in page.orders if day_of(order, zone) == today]
        found = [order for order in todays if int(order.number) == number]
        is_over = found or len(todays) < len(page.orders)
        related = [each for order in found for each in await self._with_remakes(order)]
        return FoundOrders(related, None if is_over else page.next_cursor)

    async def with_name(self, name: str, cursor: str | None) -> FoundOrders:
        """Search some orders, the newest first, for those of a name, however it is written."""
        page = await self.store.page(None, _PAGE, cursor)
        wanted = spelling(name)
        found = [
            order
            for order in page.orders
            if not order.forgotten and spelling(order.customer_name) == wanted
        ]
        return FoundOrders(found, page.next_cursor)

    async def forget(self, found: FoundOrders) -> None:
        """Forget the customer of these orders; at the end of a search, in all files as well.

        Open orders are prepared all the same. Raises StoreUnavailableError.
        """
        for order in found.orders:
            await self._forget(order)
        if found.orders:
            log.info("customer.forgotten", orders=len(found.orders))
        if found.next_cursor is None:
            await self.store.erase_replaced()

    def updates_of(self, order: Order) -> str:
        """Return the id of the subscription that an order's contact has, if it was given one."""
        return self.ids.of_updates(order.id)

    async def _with_remakes(self, order: Order) -> Sequence[Order]:
        """List an order, the one that it is a remake of, and all that are remakes of that."""
        first = order if order.remake_of is None else await self.store.get(order.remake_of)
        oldest, first_id = first or order, order.remake_of or order.id
        related = {oldest.id: oldest, order.id: order}
        last: Order | None = None
        until = self.clock() + dt.timedelta(seconds=1)
        while page := await self.store.orders_placed(oldest.placed_at, until, _PAGE, last):
            related |= {each.id: each for each in page if each.remake_of == first_id}
            last = page[-1]
        return [*related.values()]

    async def _forget(self, order: Order | None) -> None:
        while order is not None and not order.forgotten:
            try:
                await self.store.replace(order, forget_customer(order))
            except OrderChangedError:
                order = await self.store.get(order.id)  # it is in another state now
            else:
                return
