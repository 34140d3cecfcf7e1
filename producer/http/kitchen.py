"""The kitchen's view, for staff: what is placed and in hand, in the order in which to make it."""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from producer.context import CASHIER
from producer.http.order_model import OrderedItem, Station
from shared.clock import Timestamp
from shared.domain.order import Order, OrderState, Serve, is_claimed
from shared.web.body import json_response, read_query
from shared.web.fields import Body
from shared.web.operation import Parameter, Response, Role, operation
from shared.web.problem import INVALID_REQUEST, UNAVAILABLE

_Limit = Annotated[int, Field(ge=1, le=200)]
_STATION = "Whose line; the shop has one station, which has every order"


class ShowKitchen(Body):
    """How much of the line to show."""

    model_config = ConfigDict(strict=False, extra="ignore")

    limit: _Limit = 100
    station: Station | None = None


class KitchenOrder(BaseModel):
    """An order to make. Whoever completes it names its `attempt`.

    It is `in_hand` while a barista holds its ticket; an order that is `preparing` and not in hand
    has lost its barista, and another one takes it soon. Its customer was told that it would be
    ready by `promised_at`. A remake has the number of the order that it is made for, `remake_for`.
    """

    id: str
    number: str
    state: OrderState
    attempt: int
    in_hand: bool
    customer_name: str
    items: list[OrderedItem]
    placed_at: Timestamp
    promised_at: Timestamp | None
    since: Timestamp
    remake_of: str | None
    remake_for: str | None
    serve: Serve | None


class KitchenModel(BaseModel):
    """The first orders in line, remakes before all others; `more` is whether others follow."""

    orders: list[KitchenOrder]
    more: bool


@operation(
    "GET",
    "/kitchen",
    "List what is to be made, in order",
    role=Role.BARISTA,
    parameters=(
        Parameter("limit", "query", "How many at most (100 when left out)", _Limit),
        Parameter("station", "query", _STATION, Station),
    ),
    responses={HTTPStatus.OK: Response("What is placed and in hand", KitchenModel)},
    errors=(INVALID_REQUEST, UNAVAILABLE),
    tag="orders",
)
async def get_kitchen(request: web.Request) -> web.Response:
    """Show what is to be made."""
    context, query = request.app[CASHIER], read_query(request, ShowKitchen)
    line = await context.kitchen.line(query.limit)
    now = context.clock()
    orders = [_show(order, line.firsts.get(order.remake_of or ""), now) for order in line.orders]
    return json_response(KitchenModel(orders=orders, more=line.more))


def _show(order: Order, first: Order | None, now: dt.datetime) -> KitchenOrder:
    return KitchenOrder(
        id=order.id,
        number=order.number,
        state=order.state,
        attempt=order.attempt,
        in_hand=is_claimed(order, now),
        customer_name=order.customer_name,
        items=[OrderedItem.model_validate(item) for item in order.items],
        placed_at=order.placed_at,
        promised_at=_promised_at(order),
        since=order.since,
        remake_of=order.remake_of,
        remake_for=None if first is None else first.number,
        serve=order.serve,
    )


def _promised_at(order: Order) -> dt.datetime | None:
    if order.estimate is None:
        return None
    return order.placed_at + dt.timedelta(seconds=order.estimate.high_seconds)
