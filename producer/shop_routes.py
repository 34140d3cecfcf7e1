"""The routes of the shop as a whole: its menu and its state."""

from __future__ import annotations

from aiohttp import web

from producer.build import CASHIER
from producer.models import SetMenuItem, SetShop
from producer.presenting import show_menu, show_menu_item, show_shop
from producer.problems import INVALID_SETTING
from shared.domain.errors import FieldError
from shared.domain.menu import find
from shared.web.body import json_response, read_body
from shared.web.problem import NOT_FOUND, Problem


async def get_menu(request: web.Request) -> web.Response:
    """Show the menu."""
    desk = request.app[CASHIER].front_desk
    return json_response(show_menu(desk.menu, await desk.sold_out()))


async def set_menu_item(request: web.Request) -> web.Response:
    """Take an item off the menu for now, or put it back."""
    context = request.app[CASHIER]
    item = find(context.front_desk.menu.items, request.match_info["id"])
    if item is None:
        raise Problem(NOT_FOUND, "no such item is on the menu")
    body = await read_body(request, SetMenuItem, INVALID_SETTING)
    await context.store.set_sold_out(item.id, sold_out=body.sold_out)
    return json_response(show_menu_item(item, sold_out=body.sold_out))


async def get_shop(request: web.Request) -> web.Response:
    """Show the shop's state, its line, and who is at work."""
    context = request.app[CASHIER]
    return json_response(show_shop(await context.front_desk.view(context.clock())))


async def set_shop(request: web.Request) -> web.Response:
    """Open the shop, or close it."""
    context = request.app[CASHIER]
    body = await read_body(request, SetShop, INVALID_SETTING)
    if body.until is not None and body.until <= context.clock():
        field_error = FieldError(("until",), "Time should be in the future")
        raise Problem(INVALID_SETTING, "the time is over already", field_errors=[field_error])
    await context.store.set_state(body.state, body.reason, body.until)
    return json_response(show_shop(await context.front_desk.view(context.clock())))
