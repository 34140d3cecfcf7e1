"""Items, sizes and modifiers are taken off the menu for now, and put back."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Self

from aiohttp import web
from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from producer.context import CASHIER
from producer.http.menu import MenuItemModel, ModifierModel, menu_now, show_item, show_modifier
from producer.http.problems import INVALID_SETTING
from shared.domain.change import Changed
from shared.domain.errors import FieldError
from shared.domain.menu import Menu, Modifier, find, modifier_key, size_key
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
    return json_response(show_item(item, await menu_now(context)))


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
    return json_response(show_modifier(modifier, {what} if body.sold_out else ()))


async def _set_sold_out(request: web.Request, what: str, *, sold_out: bool) -> None:
    context = request.app[CASHIER]
    detail = f"{what} {'is sold out' if sold_out else 'is on the menu again'}"
    change = change_by(request, context.clock(), Changed.SOLD_OUT, detail)
    try:
        await context.store.set_sold_out(what, sold_out=sold_out, change=change)
    finally:  # also when its answer was lost
        await context.opening_hours.recent.expire()


def _find_modifier(menu: Menu, modifier_id: str) -> Modifier:
    for item in menu.items:
        if modifier := find(item.modifiers, modifier_id):
            return modifier
    raise Problem(NOT_FOUND, "no item of the menu comes with such a modifier")
