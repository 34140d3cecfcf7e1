"""The cashier's work: orders are placed, canceled and collected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

import structlog

from producer.orders.admission import FrontDesk
from producer.orders.dispatcher import OrderDispatcher
from producer.orders.errors import KeyReusedError, NotInThatStateError, OrderNotFoundError
from producer.orders.order_ids import OrderIds
from producer.orders.updates import Contact, OrderUpdates, Updates
from shared.clock import Clock
from shared.domain.errors import TransitionRefusedError
from shared.domain.menu import OrderLineRequest, quote
from shared.domain.order import Order, OrderState, TimelineEntry, advance
from shared.store.contract import OrderChangedError, OrderStore

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """An order as it is asked for. `fingerprint` is the same for the same order, and no other."""

    customer_name: str
    lines: Sequence[OrderLineRequest]
    fingerprint: str
    correlation_id: str
    idempotency_key: str | None = None
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class ShopPlace:
    """Which shop orders are placed at, and whose midnight starts its order numbers again."""

    store_id: str
    timezone: tzinfo


@dataclass(frozen=True, slots=True)
class Placed:
    """An order as recorded, whether it is new, and how its customer hears of it."""

    order: Order
    created: bool
    updates: Updates | None


class Cashier:
    """Takes orders for one shop. An order counts only once it is stored and its ticket queued."""

    def __init__(
        self,
        store: OrderStore,
        front_desk: FrontDesk,
        dispatcher: OrderDispatcher,
        updates: OrderUpdates,
        ids: OrderIds,
        clock: Clock,
        shop: ShopPlace,
    ) -> None:
        self._store = store
        self._front_desk = front_desk
        self._dispatcher = dispatcher
        self._updates = updates
        self._ids = ids
        self._clock = clock
        self._shop = shop

    async def place(self, request: Request) -> Placed:
        """Place an order, or find it placed before under the same key.

        Raises KeyReusedError, ShopClosedError, TooBusyError, NotOnTheMenuError, and what says
        that the store or AWS is out of reach: then the same request can be made again.
        """
        order_id = self._ids.fresh()
        if request.idempotency_key is not None:
            order_id = self._ids.of_key(request.idempotency_key)
            if earlier := await self._store.get(order_id):
                return await self._replay(earlier, request)
        order = await self._write_up(order_id, request)
        business_day = order.placed_at.astimezone(self._shop.timezone).date()
        placement = await self._store.place(order, business_day)
        if not placement.created:
            return await self._replay(placement.order, request)
        placed = await self._hand_over(placement.order, request, created=True)
        log.info("order.placed", order_id=order_id, number=placement.order.number)
        return placed

    async def look_up(self, order_id: str) -> Order:
        """Find an order; raises OrderNotFoundError."""
        order = await self._store.get(order_id)
        if order is None:
            raise OrderNotFoundError
        return order

    async def cancel(self, order_id: str) -> Order:
        """Cancel an order that nobody has begun; raises NotInThatStateError otherwise."""
        return await self._move(order_id, OrderState.PLACED, OrderState.CANCELED)

    async def collect(self, order_id: str) -> Order:
        """Hand a ready order to its customer; raises NotInThatStateError if it is not ready."""
        return await self._move(order_id, OrderState.READY, OrderState.COLLECTED)

    async def _replay(self, earlier: Order, request: Request) -> Placed:
        if earlier.fingerprint != request.fingerprint:
            raise KeyReusedError
        return await self._hand_over(earlier, request, created=False)

    async def _hand_over(self, order: Order, request: Request, *, created: bool) -> Placed:
        """Subscribe the customer before anything is announced, so that nothing is missed."""
        updates = None
        if request.contact is not None:
            updates = await self._updates.subscribe(order, request.contact)
        await self._dispatcher.ensure(order)
        return Placed(order, created, updates)

    async def _write_up(self, order_id: str, request: Request) -> Order:
        now = self._clock()
        sold_out = await self._front_desk.admit_order(now)
        priced = quote(request.lines, self._front_desk.menu, sold_out)
        return Order(
            id=order_id,
            number="",
            store_id=self._shop.store_id,
            customer_name=request.customer_name,
            items=priced.items,
            currency=self._front_desk.menu.currency,
            prep_seconds=priced.prep_seconds,
            timeline=(TimelineEntry(OrderState.PLACED, now),),
            fingerprint=request.fingerprint,
            correlation_id=request.correlation_id,
            estimate=await self._front_desk.estimate(now, priced.prep_seconds),
        )

    async def _move(self, order_id: str, wanted: OrderState, to: OrderState) -> Order:
        while True:
            order = await self.look_up(order_id)
            try:
                moved = advance(order, to, self._clock())
                await self._store.replace(order, moved)
            except TransitionRefusedError as error:
                if order.state is to:  # perhaps by a caller who never heard of it: tell it again
                    await self._dispatcher.announce(order)
                raise NotInThatStateError(order.state, wanted) from error
            except OrderChangedError:
                continue  # it is another state now, and there are not many
            await self._dispatcher.announce(moved)
            return moved
