"""The menu as customers read it."""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel

from producer.context import CASHIER
from shared.domain.menu import Allergen, Choice, MenuItem, modifier_key, size_key
from shared.domain.order import Serve
from shared.domain.tax import show_rate
from shared.web.body import json_response
from shared.web.operation import Response, Role, operation
from shared.web.problem import UNAVAILABLE


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
    """Something to order. One that is sold out comes in no size, be it for want of all of them."""

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
            items=[show_item(item, sold_out) for item in menu.items],
        )
    )


def show_item(item: MenuItem, sold_out: Collection[str]) -> MenuItemModel:
    """Show an item, and what of it is sold out."""
    sizes = [_show_size(item, size, sold_out) for size in item.sizes]
    return MenuItemModel(
        id=item.id,
        name=item.name,
        description=item.description,
        category=item.category,
        prep_seconds=item.prep_seconds,
        sold_out=item.id in sold_out or all(size.sold_out for size in sizes),
        sizes=sizes,
        modifiers=[show_modifier(modifier, sold_out) for modifier in item.modifiers],
        allergens=list(item.allergens),
        notes=item.notes,
        tax_rates=TaxRatesModel(here=show_rate(item.tax.here), away=show_rate(item.tax.away)),
    )


def _show_size(item: MenuItem, size: Choice, sold_out: Collection[str]) -> SizeModel:
    is_sold_out = size_key(item.id, size.id) in sold_out
    return SizeModel(id=size.id, name=size.name, price=size.price, sold_out=is_sold_out)


def show_modifier(modifier: Choice, sold_out: Collection[str]) -> ModifierModel:
    """Show a modifier, and whether it is sold out."""
    return ModifierModel(
        id=modifier.id,
        name=modifier.name,
        price=modifier.price,
        sold_out=modifier_key(modifier.id) in sold_out,
        allergens=list(modifier.allergens),
    )
