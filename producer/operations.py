"""The cashier's table of operations: its routes, and all that the OpenAPI document says of them."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from producer import order_routes, problems, shop_routes
from producer.dead_letters.operations import DEAD_LETTER_OPERATIONS
from producer.models import (
    BoardModel,
    MenuItemModel,
    MenuModel,
    OrderModel,
    OrderPage,
    PlacedOrderModel,
    PlaceOrder,
    SetMenuItem,
    SetShop,
    ShopModel,
)
from shared.domain.order import OrderState
from shared.web.idempotency import INVALID_KEY, KEY_REUSED, key_parameter
from shared.web.operation import Operation, Parameter, Response, Role
from shared.web.problem import (
    INVALID_REQUEST,
    NOT_FOUND,
    TOO_BUSY,
    TOO_MANY_REQUESTS,
    UNAVAILABLE,
)

_ORDER_ID = Parameter("id", "path", "The order's id", required=True)
_LOCATION = {"Location": "Where the order is"}

_ORDERS: Sequence[Operation] = (
    Operation(
        "POST",
        "/orders",
        "Place an order",
        order_routes.place_order,
        role=Role.ANYONE,
        body=PlaceOrder,
        parameters=(key_parameter("places the same order once"),),
        responses={
            HTTPStatus.CREATED: Response(
                "The order is placed", PlacedOrderModel, headers=_LOCATION
            ),
            HTTPStatus.OK: Response(
                "This order was placed before, under the same key",
                PlacedOrderModel,
                headers={**_LOCATION, "Idempotent-Replayed": "true"},
            ),
        },
        errors=(
            INVALID_KEY,
            problems.INVALID_ORDER,
            KEY_REUSED,
            problems.NOT_ON_THE_MENU,
            problems.SHOP_CLOSED,
            TOO_BUSY,
            TOO_MANY_REQUESTS,
            UNAVAILABLE,
        ),
        tag="orders",
    ),
    Operation(
        "GET",
        "/orders/{id}",
        "Look an order up",
        order_routes.get_order,
        role=Role.HOLDER,
        parameters=(_ORDER_ID,),
        responses={HTTPStatus.OK: Response("The order as it is now", OrderModel)},
        errors=(NOT_FOUND, UNAVAILABLE),
        tag="orders",
    ),
    Operation(
        "POST",
        "/orders/{id}/cancel",
        "Cancel an order that nobody has begun",
        order_routes.cancel_order,
        role=Role.HOLDER,
        parameters=(_ORDER_ID,),
        responses={HTTPStatus.OK: Response("The order is canceled", OrderModel)},
        errors=(NOT_FOUND, problems.NOT_CANCELABLE, UNAVAILABLE),
        tag="orders",
    ),
    Operation(
        "POST",
        "/orders/{id}/collect",
        "Hand a ready order to its customer",
        order_routes.collect_order,
        parameters=(_ORDER_ID,),
        responses={HTTPStatus.OK: Response("The order is collected", OrderModel)},
        errors=(NOT_FOUND, problems.NOT_COLLECTABLE, UNAVAILABLE),
        tag="orders",
    ),
    Operation(
        "GET",
        "/orders",
        "List orders, newest first",
        order_routes.list_orders,
        parameters=(
            Parameter("state", "query", "Only orders in this state", OrderState),
            Parameter(
                "limit",
                "query",
                "How many at most (20 when left out)",
                Annotated[int, Field(ge=1, le=100)],
            ),
            Parameter("cursor", "query", "The `next_cursor` of the page before"),
        ),
        responses={HTTPStatus.OK: Response("A page of orders", OrderPage)},
        errors=(INVALID_REQUEST, UNAVAILABLE),
        tag="orders",
    ),
    Operation(
        "GET",
        "/board/orders",
        "Show the counter's display",
        order_routes.get_board,
        role=Role.ANYONE,
        responses={HTTPStatus.OK: Response("Numbers being prepared, and ready", BoardModel)},
        errors=(UNAVAILABLE,),
        tag="orders",
    ),
)

_SHOP: Sequence[Operation] = (
    Operation(
        "GET",
        "/menu",
        "Read the menu",
        shop_routes.get_menu,
        role=Role.ANYONE,
        responses={HTTPStatus.OK: Response("All that the shop sells", MenuModel)},
        errors=(UNAVAILABLE,),
    ),
    Operation(
        "PUT",
        "/menu/items/{id}",
        "Take an item off the menu for now, or put it back",
        shop_routes.set_menu_item,
        body=SetMenuItem,
        parameters=(Parameter("id", "path", "The menu item's id", required=True),),
        responses={HTTPStatus.OK: Response("The item as it is now", MenuItemModel)},
        errors=(NOT_FOUND, problems.INVALID_SETTING, UNAVAILABLE),
    ),
    Operation(
        "GET",
        "/shop",
        "Look at the shop: its state, its line, who is at work",
        shop_routes.get_shop,
        role=Role.ANYONE,
        responses={HTTPStatus.OK: Response("The shop as it is now", ShopModel)},
        errors=(UNAVAILABLE,),
    ),
    Operation(
        "PUT",
        "/shop",
        "Open the shop, or close it",
        shop_routes.set_shop,
        body=SetShop,
        responses={HTTPStatus.OK: Response("The shop as it is now", ShopModel)},
        errors=(problems.INVALID_SETTING, UNAVAILABLE),
    ),
)

CASHIER_OPERATIONS: Sequence[Operation] = (*_ORDERS, *_SHOP, *DEAD_LETTER_OPERATIONS)
