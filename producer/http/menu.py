"""The menu as customers read it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import cast

from aiohttp import ETag, hdrs, web
from pydantic import BaseModel

from producer.context import CASHIER, CashierContext
from shared.domain.menu import Allergen, Choice, MenuItem, Modifier, modifier_key, size_key
from shared.domain.order import Serve
from shared.domain.photo import Photo
from shared.domain.tax import show_rate
from shared.web.body import json_response
from shared.web.operation import Response, Role, operation
from shared.web.problem import UNAVAILABLE

_ETAG: Mapping[str, str] = {hdrs.ETAG: "What is sent, for `If-None-Match`"}


class SizeModel(BaseModel):
    """A size, and its price in minor units."""

    id: str
    name: str
    price: int
    sold_out: bool


class ModifierModel(SizeModel):
    """A modifier, its allergens, and what it adds to the price.

    An item is made without those of its `allergens` that a modifier `replaces`, unless another
    one adds them. Traces, `may_contain`, are replaced by nothing. Of those in a `group` a
    customer is offered one at a time.
    """

    allergens: list[Allergen]
    may_contain: list[Allergen]
    replaces: list[Allergen]
    group: str | None


class TaxRatesModel(BaseModel):
    """The rates of tax in percent, by where it is eaten."""

    here: str
    away: str


class PhotoModel(BaseModel):
    """A photo: `src` for all browsers, `srcset` for those that choose by width (in pixels).

    `color` and `placeholder`, a tiny picture as a `data:` URL, can be shown until it is there.
    """

    src: str
    srcset: str
    width: int
    height: int
    color: str
    placeholder: str


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
    may_contain: list[Allergen]
    notes: str
    tax_rates: TaxRatesModel
    photo: PhotoModel | None


class MenuModel(BaseModel):
    """All that the shop sells. Orders that do not say where they are eaten are for `serve`."""

    currency: str
    version: int
    prices_include_tax: bool
    serve: Serve | None
    items: list[MenuItemModel]


@dataclass(frozen=True, slots=True)
class MenuNow:
    """What is not in the menu document: what is sold out, and the photos, by item id."""

    sold_out: Collection[str]
    photos: Mapping[str, Photo]
    photos_url: str


@operation(
    "GET",
    "/menu",
    "Read the menu",
    role=Role.ANYONE,
    responses={
        HTTPStatus.OK: Response("All that the shop sells", MenuModel, headers=_ETAG),
        HTTPStatus.NOT_MODIFIED: Response("It is as its reader knows it", headers=_ETAG),
    },
    errors=(UNAVAILABLE,),
)
async def get_menu(request: web.Request) -> web.Response:
    """Show the menu, its photos, and what of it is sold out."""
    context = request.app[CASHIER]
    read = await context.menu.current()
    menu = read.value
    now = await menu_now(context)
    response = json_response(
        MenuModel(
            currency=menu.currency,
            version=read.version,
            prices_include_tax=menu.tax.prices_include_tax,
            serve=menu.tax.serve,
            items=[show_item(item, now) for item in menu.items],
        )
    )
    return _unless_known(request, response)


def _unless_known(request: web.Request, response: web.Response) -> web.Response:
    """Name what is sent by its hash; send nothing to who has the same (RFC 9110, 13.1.2)."""
    tag = hashlib.sha256(cast("bytes", response.body)).hexdigest()[:32]
    if any(asked.value in {tag, "*"} for asked in request.if_none_match or ()):
        response = web.Response(status=HTTPStatus.NOT_MODIFIED)
    response.etag = ETag(tag)
    response.headers[hdrs.CACHE_CONTROL] = "no-cache"  # kept, and asked about each time
    return response


async def menu_now(context: CashierContext) -> MenuNow:
    """Read what comes to the menu from elsewhere."""
    return MenuNow(
        sold_out=(await context.opening_hours.recent.get()).sold_out,
        photos=await context.photos.service.shown.get(),
        photos_url=context.photos.url,
    )


def show_item(item: MenuItem, now: MenuNow) -> MenuItemModel:
    """Show an item with its photo, and what of it is sold out."""
    sizes = [_show_size(item, size, now.sold_out) for size in item.sizes]
    photo = now.photos.get(item.id)
    return MenuItemModel(
        id=item.id,
        name=item.name,
        description=item.description,
        category=item.category,
        prep_seconds=item.prep_seconds,
        sold_out=item.id in now.sold_out or all(size.sold_out for size in sizes),
        sizes=sizes,
        modifiers=[show_modifier(modifier, now.sold_out) for modifier in item.modifiers],
        allergens=list(item.allergens),
        may_contain=list(item.may_contain),
        notes=item.notes,
        tax_rates=TaxRatesModel(here=show_rate(item.tax.here), away=show_rate(item.tax.away)),
        photo=None if photo is None else show_photo(photo, now.photos_url),
    )


def show_photo(photo: Photo, base: str) -> PhotoModel:
    """Show a photo by its addresses, which are behind `base`."""
    folder = f"{base}/photos/{photo.hash}"
    return PhotoModel(
        src=f"{folder}/fallback.jpg",
        srcset=", ".join(f"{folder}/{width}.webp {width}w" for width in photo.widths),
        width=photo.width,
        height=photo.height,
        color=photo.color,
        placeholder=photo.placeholder,
    )


def _show_size(item: MenuItem, size: Choice, sold_out: Collection[str]) -> SizeModel:
    is_sold_out = size_key(item.id, size.id) in sold_out
    return SizeModel(id=size.id, name=size.name, price=size.price, sold_out=is_sold_out)


def show_modifier(modifier: Modifier, sold_out: Collection[str]) -> ModifierModel:
    """Show a modifier, and whether it is sold out."""
    return ModifierModel(
        id=modifier.id,
        name=modifier.name,
        price=modifier.price,
        sold_out=modifier_key(modifier.id) in sold_out,
        allergens=list(modifier.allergens),
        may_contain=list(modifier.may_contain),
        replaces=list(modifier.replaces),
        group=modifier.group,
    )
