"""The routes of the shop as a whole: its menu and its state."""

from __future__ import annotations

from aiohttp import web

from producer.build import COUNTER
from producer.models import SetMenuItem, SetShop
from producer.presenting import show_menu, show_menu_item, show_shop
from producer.problems import INVALID_SETTING
from shared.domain.errors import Fault
from shared.domain.menu import find
from shared.web.answer import answer
from shared.web.body import read_body
from shared.web.problem import NOT_FOUND, Problem


async def get_menu(request: web.Request) -> web.Response:
    """Show the menu."""
    desk = request.app[COUNTER].front_desk
    return answer(show_menu(desk.menu, await desk.sold_out()))


async def set_menu_item(request: web.Request) -> web.Response:
    """Take an item off the menu for now, or put it back."""
    counter = request.app[COUNTER]
    item = find(counter.front_desk.menu.items, request.match_info["id"])
    if item is None:
        raise Problem(NOT_FOUND, "no such item is on the menu")
    body = await read_body(request, SetMenuItem, INVALID_SETTING)
    await counter.store.set_sold_out(item.id, sold_out=body.sold_out)
    return answer(show_menu_item(item, sold_out=body.sold_out))


async def get_shop(request: web.Request) -> web.Response:
    """Show the shop's state, its line, and who is at work."""
    counter = request.app[COUNTER]
    return answer(show_shop(await counter.front_desk.view(counter.clock())))


async def set_shop(request: web.Request) -> web.Response:
    """Open the shop, or close it."""
    counter = request.app[COUNTER]
    body = await read_body(request, SetShop, INVALID_SETTING)
    if body.until is not None and body.until <= counter.clock():
        fault = Fault("/until", "Time should be in the future")
        raise Problem(INVALID_SETTING, "the time is over already", faults=[fault])
    await counter.store.set_state(body.state, body.reason, body.until)
    return answer(show_shop(await counter.front_desk.view(counter.clock())))
