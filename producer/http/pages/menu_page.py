"""The page `/`: the menu, and a customer's cart."""

from __future__ import annotations

from aiohttp import web

from producer.context import CASHIER, CashierContext
from producer.http.pages.photo_policy import with_photos
from producer.http.pages.shell import SHELL
from shared.domain.errors import UnavailableError
from shared.web.pages.shell import Page, page_operation

MENU = Page(
    path="/",
    template="menu.html",
    title="menu.title",
    module="menu_page.js",
    stylesheets=("/assets/items.css", "menu.css"),
    texts=("allergens", "cart", "categories", "menu", "mine", "wait"),
)


async def show_menu_page(request: web.Request) -> web.StreamResponse:
    """Send the page; photos may come from where they are kept."""
    context = request.app[CASHIER]
    response = await SHELL.response(request, MENU, address=await _address(context))
    response.headers["Content-Security-Policy"] = with_photos(context.photos)
    return response


async def _address(context: CashierContext) -> str:
    try:
        return (await context.settings.get()).value.address
    except UnavailableError:
        return ""


get_menu_page = page_operation(MENU, show_menu_page)
"""The operation of the page."""
