"""The cashier's work: orders are placed, and found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from producer.menu.service import CurrentMenu
from producer.orders.admission import Admitted, OrderAdmission, WaitEstimator
from producer.orders.dispatcher import OrderDispatcher
from producer.orders.errors import (
    KeyReusedError,
    OrderNotFoundError,
    ShopClosedError,
    TooBusyError,
)
from producer.orders.order_ids import OrderIds
from producer.orders.updates import Contact, OrderUpdates, Updates
from shared.clock import Clock
from shared.domain.errors import NotOnTheMenuError
from shared.domain.menu import OrderLineRequest, quote
from shared.domain.order import Order, OrderState, Serve, TimelineEntry, log_id
from shared.store.contract import OrderStore

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """An order as its customer wants it. Equal orders, and no others, share a `fingerprint`."""

    customer_name: str
    lines: Sequence[OrderLineRequest]
    fingerprint: str
    correlation_id: str
    idempotency_key: str | None = None
    contact: Contact | None = None
    serve: Serve | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """An order as recorded, whether it is new, and the subscription to its events, if any."""

    order: Order
    created: bool
    updates: Updates | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cashier:
    """Takes orders for one shop. An order counts only once it is stored and its ticket queued.

    Order numbers start again with each business day.
    """

    store: OrderStore
    menu: CurrentMenu
    admission: OrderAdmission
    wait_estimator: WaitEstimator
    dispatcher: OrderDispatcher
    updates: OrderUpdates
    ids: OrderIds
    clock: Clock
    store_id: str

    async def place(self, request: OrderRequest) -> Placed:
        """Place an order, or find it placed before under the same key.

        Raises KeyReusedError, ShopClosedError, TooBusyError, NotOnTheMenuError, and
        UnavailableError or EntryFailedError: then the same request can be made again.
        """
        key = request.idempotency_key
        order_id = self.ids.fresh() if key is None else self.ids.of_key(key)
        with structlog.contextvars.bound_contextvars(order=log_id(order_id)):
            return await self._place(order_id, request)

    async def _place(self, order_id: str, request: OrderRequest) -> Placed:
        try:
            admitted = await self.admission.admit(self.clock())
            order = await self._quoted(order_id, request, admitted)
        except (ShopClosedError, TooBusyError, NotOnTheMenuError):
            earlier = request.idempotency_key and await self.store.get(order_id)
            if not earlier:  # what was placed before the shop closed is answered as it was then
                raise
            return await self._replay(earlier, request)
        placement = await self.store.place(order, admitted.business_day)
        if not placement.created:
            return await self._replay(placement.order, request)
        placed = await self._dispatch(placement.order, request, created=True)
        log.info("order.placed", number=placement.order.number)
        return placed

    async def find(self, order_id: str) -> Order:
        """Find an order; raises OrderNotFoundError."""
        order = await self.store.get(order_id)
        if order is None:
            raise OrderNotFoundError
        return order

    async def _replay(self, earlier: Order, request: OrderRequest) -> Placed:
        if earlier.fingerprint != request.fingerprint:
            raise KeyReusedError
        return await self._dispatch(earlier, request, created=False)

    async def _dispatch(self, order: Order, request: OrderRequest, *, created: bool) -> Placed:
        """Subscribe the customer before anything is announced, so that nothing is missed."""
        updates = None
        if request.contact is not None:
            updates = await self.updates.subscribe(order, request.contact)
        # An order that was created a moment ago is known to nobody who could have subscribed to it.
        await self.dispatcher.ensure(order, has_subscribers=not created or updates is not None)
        return Placed(order, created, updates)

    async def _quoted(self, order_id: str, request: OrderRequest, admitted: Admitted) -> Order:
        """Quote the order's prices; the store gives it its number."""
        read = await self.menu()
        menu = read.value
        priced = quote(request.lines, menu, admitted.sold_out, request.serve)
        return Order(
            id=order_id,
            number="",
            store_id=self.store_id,
            customer_name=request.customer_name,
            items=priced.items,
            currency=menu.currency,
            prep_seconds=priced.prep_seconds,
            timeline=(TimelineEntry(OrderState.PLACED, admitted.at),),
            fingerprint=request.fingerprint,
            correlation_id=request.correlation_id,
            estimate=await self.wait_estimator.estimate(priced.prep_seconds),
            menu_version=read.version,
            prices_include_tax=menu.tax.prices_include_tax,
            serve=priced.serve,
            business_day=admitted.business_day,
        )
