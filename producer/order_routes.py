"""The routes of orders: placed, looked up, listed, canceled, collected."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from aiohttp import web

from producer.build import CASHIER, CashierContext
from producer.models import ListOrders, OrderPage, PlaceOrder
from producer.orders.cashier import Placed, Request
from producer.orders.errors import NotInTimeError
from producer.orders.updates import Contact
from producer.presenting import show_board, show_order, show_placed
from producer.problems import INVALID_ORDER
from shared.domain.errors import FieldError
from shared.domain.order import OrderState
from shared.domain.subscription import Channel
from shared.domain.webhook_url import ForbiddenUrlError, WebhookUrlRules
from shared.web.body import json_response, read_body, read_query
from shared.web.headers import CORRELATION_ID
from shared.web.idempotency import idempotency_key
from shared.web.problem import Problem
from shared.web.rate_limit import admit

_BOARD_ORDERS = 200
"""A display has only so much room: the newest ones are shown."""


async def place_order(request: web.Request) -> web.Response:
    """Place an order; 200 instead of 201 when its key has placed it before."""
    context = request.app[CASHIER]
    admit(request, context.rate_limit)
    key = idempotency_key(request)
    body = await read_body(request, PlaceOrder, INVALID_ORDER)
    wanted = Request(
        customer_name=body.customer_name,
        lines=[line.requested() for line in body.items],
        fingerprint=body.fingerprint(),
        correlation_id=request[CORRELATION_ID],
        idempotency_key=key,
        contact=_contact(body, context.webhook_urls),
    )
    placed = await _place_in_time(context, wanted)
    shown = show_placed(placed, context.clock())
    headers = {"Location": f"/orders/{placed.order.id}"}
    if placed.created:
        return json_response(shown, HTTPStatus.CREATED, headers)
    return json_response(shown, headers={**headers, "Idempotent-Replayed": "true"})


async def get_order(request: web.Request) -> web.Response:
    """Look an order up."""
    context = request.app[CASHIER]
    order = await context.cashier.look_up(request.match_info["id"])
    return json_response(show_order(order, context.clock()))


async def cancel_order(request: web.Request) -> web.Response:
    """Cancel an order that nobody has begun."""
    context = request.app[CASHIER]
    order = await context.cashier.cancel(request.match_info["id"])
    return json_response(show_order(order, context.clock()))


async def collect_order(request: web.Request) -> web.Response:
    """Hand a ready order over."""
    context = request.app[CASHIER]
    order = await context.cashier.collect(request.match_info["id"])
    return json_response(show_order(order, context.clock()))


async def list_orders(request: web.Request) -> web.Response:
    """List orders, newest first."""
    context = request.app[CASHIER]
    query = read_query(request, ListOrders)
    page = await context.store.page(query.state, query.limit, query.cursor)
    now = context.clock()
    orders = [show_order(order, now) for order in page.orders]
    return json_response(OrderPage(orders=orders, next_cursor=page.next_cursor))


async def get_board(request: web.Request) -> web.Response:
    """Show the numbers that are being prepared and that are ready."""
    states = (OrderState.PREPARING, OrderState.READY)
    return json_response(
        show_board(await request.app[CASHIER].store.open_orders(states, _BOARD_ORDERS))
    )


async def _place_in_time(context: CashierContext, wanted: Request) -> Placed:
    try:
        async with asyncio.timeout(context.order_seconds):
            return await context.cashier.place(wanted)
    except TimeoutError as error:
        raise NotInTimeError from error


def _contact(body: PlaceOrder, webhook_urls: WebhookUrlRules) -> Contact | None:
    if body.notify is None:
        return None
    contact = body.notify.contact
    if contact.channel is Channel.WEBHOOK:
        try:
            webhook_urls.url(contact.target)
        except ForbiddenUrlError as error:
            field_errors = [FieldError(("notify", "url"), str(error))]
            raise Problem(
                INVALID_ORDER, "the body has 1 error(s)", field_errors=field_errors
            ) from None
    return contact
