"""The menu as customers read it, and what of it is sold out."""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus
from typing import Annotated, Self

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from producer.context import CASHIER
from producer.http.problems import INVALID_SETTING
from shared.domain.change import Changed
from shared.domain.errors import FieldError
from shared.domain.menu import Allergen, Choice, Menu, MenuItem, find, modifier_key, size_key
from shared.domain.order import Serve
from shared.domain.tax import show_rate
from shared.web.body import json_response, read_body
from shared.web.caller import change_by
from shared.web.field_errors import invalid
from shared.web.fields import Body
from shared.web.operation import Parameter, Response, Role, operation
from shared.web.problem import NOT_FOUND, UNAVAILABLE, Problem


class SetMenuItem(Body):
    """Whether an item is sold out, or sizes of it, by their ids."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["sold_out"]}, {"required": ["sizes"]}]}
    )

    sold_out: bool = Field(default_factory=bool)
    sizes: Annotated[dict[str, bool], Field(min_length=1, max_length=20)] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("nothing_set", "Either sold_out or sizes should be given")
        return self


class SetModifier(Body):
    """Whether a modifier is sold out."""

    sold_out: bool


class SizeModel(BaseModel):
    """A size, and its price in minor units."""

    id: str
    name: str
    price: int
    sold_out: bool


class ModifierModel(SizeModel):
    """A modifier, its allergens, and what it adds to the price."""

    allergens: list[Allergen]


class TaxRatesModel(BaseModel):
    """The rates of tax in percent, by where it is eaten."""

    here: str
    away: str


class MenuItemModel(BaseModel):
    """Something to order. An item that is sold out comes in no size."""

    id: str
    name: str
    description: str
    category: str
    prep_seconds: int
    sold_out: bool
    sizes: list[SizeModel]
    modifiers: list[ModifierModel]
    allergens: list[Allergen]
    notes: str
    tax_rates: TaxRatesModel


class MenuModel(BaseModel):
    """All that the shop sells. Orders that do not say where they are eaten are for `serve`."""

    currency: str
    version: int
    prices_include_tax: bool
    serve: Serve | None
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
    read = await context.menu.current()
    menu = read.value
    sold_out = (await context.store.status()).sold_out
    return json_response(
        MenuModel(
            currency=menu.currency,
            version=read.version,
            prices_include_tax=menu.tax.prices_include_tax,
            serve=menu.tax.serve,
            items=[_show_item(item, sold_out) for item in menu.items],
        )
    )


@operation(
    "PUT",
    "/menu/items/{id}",
    "Take an item, or sizes of it, off the menu for now, or put it back",
    role=Role.BARISTA,
    body=SetMenuItem,
    parameters=(Parameter("id", "path", "The menu item's id", required=True),),
    responses={HTTPStatus.OK: Response("The item as it is now", MenuItemModel)},
    errors=(NOT_FOUND, INVALID_SETTING, UNAVAILABLE),
)
async def set_menu_item(request: web.Request) -> web.Response:
    """Take an item, or sizes of it, off the menu for now, or put it back."""
    context = request.app[CASHIER]
    item = find((await context.menu.current()).value.items, request.match_info["id"])
    if item is None:
        raise Problem(NOT_FOUND, "no such item is on the menu")
    body = await read_body(request, SetMenuItem, INVALID_SETTING)
    if unknown := [size for size in body.sizes if find(item.sizes, size) is None]:
        detail = f"{item.name} does not come in this size"
        raise invalid(
            INVALID_SETTING, "body", [FieldError(("sizes", size), detail) for size in unknown]
        )
    if "sold_out" in body.model_fields_set:
        await _set_sold_out(request, item.id, sold_out=body.sold_out)
    for size, sold_out in body.sizes.items():
        await _set_sold_out(request, size_key(item.id, size), sold_out=sold_out)
    return json_response(_show_item(item, (await context.store.status()).sold_out))


@operation(
    "PUT",
    "/menu/modifiers/{id}",
    "Take a modifier off the menu for now, or put it back",
    role=Role.BARISTA,
    body=SetModifier,
    parameters=(Parameter("id", "path", "The modifier's id", required=True),),
    responses={HTTPStatus.OK: Response("The modifier as it is now", ModifierModel)},
    errors=(NOT_FOUND, INVALID_SETTING, UNAVAILABLE),
)
async def set_modifier(request: web.Request) -> web.Response:
    """Take a modifier off the menu for now, or put it back."""
    context = request.app[CASHIER]
    modifier = _find_modifier((await context.menu.current()).value, request.match_info["id"])
    body = await read_body(request, SetModifier, INVALID_SETTING)
    what = modifier_key(modifier.id)
    await _set_sold_out(request, what, sold_out=body.sold_out)
    return json_response(_show_modifier(modifier, {what} if body.sold_out else ()))


async def _set_sold_out(request: web.Request, what: str, *, sold_out: bool) -> None:
    context = request.app[CASHIER]
    detail = f"{what} {'is sold out' if sold_out else 'is on the menu again'}"
    change = change_by(request, context.clock(), Changed.SOLD_OUT, detail)
    await context.store.set_sold_out(what, sold_out=sold_out, change=change)


def _find_modifier(menu: Menu, modifier_id: str) -> Choice:
    for item in menu.items:
        if modifier := find(item.modifiers, modifier_id):
            return modifier
    raise Problem(NOT_FOUND, "no item of the menu comes with such a modifier")


def _show_item(item: MenuItem, sold_out: Collection[str]) -> MenuItemModel:
    return MenuItemModel(
        id=item.id,
        name=item.name,
        description=item.description,
        category=item.category,
        prep_seconds=item.prep_seconds,
        sold_out=item.id in sold_out,
        sizes=[_show_size(item, size, sold_out) for size in item.sizes],
        modifiers=[_show_modifier(modifier, sold_out) for modifier in item.modifiers],
        allergens=list(item.allergens),
        notes=item.notes,
        tax_rates=TaxRatesModel(here=show_rate(item.tax.here), away=show_rate(item.tax.away)),
    )


def _show_size(item: MenuItem, size: Choice, sold_out: Collection[str]) -> SizeModel:
    is_sold_out = size_key(item.id, size.id) in sold_out
    return SizeModel(id=size.id, name=size.name, price=size.price, sold_out=is_sold_out)


def _show_modifier(modifier: Choice, sold_out: Collection[str]) -> ModifierModel:
    return ModifierModel(
        id=modifier.id,
        name=modifier.name,
        price=modifier.price,
        sold_out=modifier_key(modifier.id) in sold_out,
        allergens=list(modifier.allergens),
    )
