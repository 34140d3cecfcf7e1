"""Orders once they are placed: shown, listed, and on the board."""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from producer.context import CASHIER
from producer.http.order_model import OrderModel, show_order
from shared.clock import Timestamp
from shared.domain.order import Order, OrderState
from shared.web.body import json_response, read_query
from shared.web.caller import is_staff
from shared.web.fields import Body
from shared.web.operation import Parameter, Response, Role, operation
from shared.web.problem import INVALID_REQUEST, NOT_FOUND, UNAVAILABLE

ORDER_ID = Parameter("id", "path", "The order's id", required=True)


Cursor = Annotated[str, Field(max_length=500)]


class ListOrders(Body):
    """Which orders to list."""

    model_config = ConfigDict(strict=False, extra="ignore")

    state: OrderState | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Cursor | None = None


class OrderPage(BaseModel):
    """Some orders, newest first; `next_cursor` asks for the next ones."""

    orders: list[OrderModel]
    next_cursor: str | None


class BoardEntry(BaseModel):
    """An order number on the board, and since when it is there."""

    number: str
    since: Timestamp


class BoardModel(BaseModel):
    """What the board may show."""

    preparing: list[BoardEntry]
    ready: list[BoardEntry]


@operation(
    "GET",
    "/orders/{id}",
    "Look an order up",
    role=Role.HOLDER,
    parameters=(ORDER_ID,),
    responses={HTTPStatus.OK: Response("The order as it is now", OrderModel)},
    errors=(NOT_FOUND, UNAVAILABLE),
    tag="orders",
)
async def get_order(request: web.Request) -> web.Response:
    """Show an order."""
    context = request.app[CASHIER]
    order = await context.cashier.find(request.match_info["id"])
    return json_response(show_order(order, context.clock(), to_staff=is_staff(request)))


@operation(
    "GET",
    "/orders",
    "List orders, newest first",
    role=Role.BARISTA,
    parameters=(
        Parameter("state", "query", "Only orders in this state", OrderState),
        Parameter(
            "limit",
            "query",
            "How many at most (20 when left out)",
            Annotated[int, Field(ge=1, le=100)],
        ),
        Parameter("cursor", "query", "The `next_cursor` of the page before", Cursor),
    ),
    responses={HTTPStatus.OK: Response("A page of orders", OrderPage)},
    errors=(INVALID_REQUEST, UNAVAILABLE),
    tag="orders",
)
async def list_orders(request: web.Request) -> web.Response:
    """List orders, newest first."""
    context = request.app[CASHIER]
    query = read_query(request, ListOrders)
    page = await context.store.page(query.state, query.limit, query.cursor)
    now = context.clock()
    orders = [show_order(order, now, to_staff=True) for order in page.orders]
    return json_response(OrderPage(orders=orders, next_cursor=page.next_cursor))


@operation(
    "GET",
    "/board/orders",
    "Show the board",
    role=Role.ANYONE,
    responses={
        HTTPStatus.OK: Response("Numbers being prepared, and ready, as of a second ago", BoardModel)
    },
    errors=(UNAVAILABLE,),
    tag="orders",
)
async def get_board(request: web.Request) -> web.Response:
    """Show the numbers being prepared and ready, and nothing that leads to a customer."""
    context = request.app[CASHIER]
    shown_for = dt.timedelta(minutes=(await context.settings.get()).value.ready_shown_minutes)
    since = context.clock() - shown_for
    board = BoardModel(preparing=[], ready=[])
    for order in await context.board.get():
        if order.state is OrderState.PREPARING:
            board.preparing.append(_entry(order))
        elif order.since > since:
            board.ready.append(_entry(order))
    return json_response(board)


def _entry(order: Order) -> BoardEntry:
    return BoardEntry(number=order.number, since=order.since)
