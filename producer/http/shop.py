"""The shop as a whole: its menu and its state."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from producer.context import CASHIER, CashierContext
from producer.http.problems import INVALID_SETTING
from shared.clock import Timestamp, rfc3339
from shared.domain.change import Changed
from shared.domain.errors import FieldError
from shared.domain.menu import MenuItem, find
from shared.domain.shop import ShopState
from shared.web.body import json_response, read_body
from shared.web.caller import change_by
from shared.web.fields import Body, PointInTime, PrintableText
from shared.web.operation import Parameter, Response, Role, operation
from shared.web.problem import NOT_FOUND, UNAVAILABLE, Problem


class SetShop(Body):
    """The state that the shop is to be in, and why, and until when."""

    state: ShopState
    reason: Annotated[PrintableText, Field(max_length=200)] | None = None
    until: PointInTime | None = None


class SetMenuItem(Body):
    """Whether an item is sold out."""

    sold_out: bool


class WaitModel(BaseModel):
    """How long an order placed now would wait, most likely between these two, in seconds."""

    low: int
    high: int


class ShopModel(BaseModel):
    """The shop as everybody may see it."""

    state: ShopState
    reason: str | None
    until: Timestamp | None
    backlog: int
    wait_seconds: WaitModel
    baristas: int


class ChoiceModel(BaseModel):
    """A size or modifier, and its price in minor units."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    price: int


class MenuItemModel(BaseModel):
    """Something to order."""

    id: str
    name: str
    description: str
    category: str
    prep_seconds: int
    sold_out: bool
    sizes: list[ChoiceModel]
    modifiers: list[ChoiceModel]


class MenuModel(BaseModel):
    """All that the shop sells."""

    currency: str
    items: list[MenuItemModel]


@operation(
    "GET",
    "/menu",
    "Read the menu",
    role=Role.ANYONE,
    responses={HTTPStatus.OK: Response("All that the shop sells", MenuModel)},
    errors=(UNAVAILABLE,),
)
async def get_menu(request: web.Request) -> web.Response:
    """Show the menu, and what of it is sold out."""
    context = request.app[CASHIER]
    sold_out = (await context.store.status()).sold_out
    items = [_show_item(item, sold_out=item.id in sold_out) for item in context.menu.items]
    return json_response(MenuModel(currency=context.menu.currency, items=items))


@operation(
    "PUT",
    "/menu/items/{id}",
    "Take an item off the menu for now, or put it back",
    role=Role.BARISTA,
    body=SetMenuItem,
    parameters=(Parameter("id", "path", "The menu item's id", required=True),),
    responses={HTTPStatus.OK: Response("The item as it is now", MenuItemModel)},
    errors=(NOT_FOUND, INVALID_SETTING, UNAVAILABLE),
)
async def set_menu_item(request: web.Request) -> web.Response:
    """Take an item off the menu for now, or put it back."""
    context = request.app[CASHIER]
    item = find(context.menu.items, request.match_info["id"])
    if item is None:
        raise Problem(NOT_FOUND, "no such item is on the menu")
    body = await read_body(request, SetMenuItem, INVALID_SETTING)
    detail = f"{item.id} {'is sold out' if body.sold_out else 'is on the menu again'}"
    change = change_by(request, context.clock(), Changed.SOLD_OUT, detail)
    await context.store.set_sold_out(item.id, sold_out=body.sold_out, change=change)
    return json_response(_show_item(item, sold_out=body.sold_out))


@operation(
    "GET",
    "/shop",
    "Show the shop: its state, its queue, who is at work",
    role=Role.ANYONE,
    responses={HTTPStatus.OK: Response("The shop as it is now", ShopModel)},
    errors=(UNAVAILABLE,),
)
async def get_shop(request: web.Request) -> web.Response:
    """Show the shop's state, its backlog, and how many baristas are at work."""
    return json_response(await _show_shop(request.app[CASHIER]))


@operation(
    "PUT",
    "/shop",
    "Open the shop, or close it",
    role=Role.BARISTA,
    body=SetShop,
    responses={HTTPStatus.OK: Response("The shop as it is now", ShopModel)},
    errors=(INVALID_SETTING, UNAVAILABLE),
)
async def set_shop(request: web.Request) -> web.Response:
    """Open the shop, or close it."""
    context = request.app[CASHIER]
    body = await read_body(request, SetShop, INVALID_SETTING)
    if body.until is not None and body.until <= context.clock():
        field_error = FieldError(("until",), "Time should be in the future")
        raise Problem(INVALID_SETTING, "the time is over already", field_errors=[field_error])
    detail = " ".join(
        (
            body.state,
            *(("until", rfc3339(body.until)) if body.until else ()),
            *((f"({body.reason})",) if body.reason else ()),
        )
    )
    change = change_by(request, context.clock(), Changed.SHOP, detail)
    await context.store.set_state(body.state, body.reason, body.until, change)
    return json_response(await _show_shop(context))


def _show_item(item: MenuItem, *, sold_out: bool) -> MenuItemModel:
    return MenuItemModel(
        id=item.id,
        name=item.name,
        description=item.description,
        category=item.category,
        prep_seconds=item.prep_seconds,
        sold_out=sold_out,
        sizes=[ChoiceModel.model_validate(size) for size in item.sizes],
        modifiers=[ChoiceModel.model_validate(modifier) for modifier in item.modifiers],
    )


async def _show_shop(context: CashierContext) -> ShopModel:
    status = (await context.store.status()).at(context.clock())
    wait = await context.wait_estimator.estimate()
    return ShopModel(
        state=status.state,
        reason=status.reason,
        until=status.until,
        backlog=context.backlog.count,
        wait_seconds=WaitModel(low=wait.low_seconds, high=wait.high_seconds),
        baristas=len(await context.wait_estimator.heartbeats.get()),
    )
