"""The page `/`: the menu, and a customer's cart."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from producer.context import CASHIER, CashierContext
from producer.http.pages.shell import SHELL
from shared.domain.errors import UnavailableError
from shared.web.headers import CONTENT_SECURITY_POLICY
from shared.web.pages.shell import Page, page_operation

MENU = Page(
    path="/",
    template="menu.html",
    title="menu.title",
    module="menu_page.js",
    stylesheets=("menu.css",),
    texts=("allergens", "cart", "menu", "mine", "wait"),
)


async def show_menu_page(request: web.Request) -> web.StreamResponse:
    """Send the page; photos may come from where they are kept."""
    context = request.app[CASHIER]
    response = await SHELL.response(request, MENU, address=await _address(context))
    response.headers["Content-Security-Policy"] = _with_photos(context.photos.url)
    return response


def _with_photos(url: str) -> str:
    """Extend the policy by the host of the photos, unless that is this one."""
    address = urlsplit(url)
    if not address.netloc:
        return CONTENT_SECURITY_POLICY
    host = f"{address.scheme}://{address.netloc}"
    return CONTENT_SECURITY_POLICY.replace("img-src 'self'", f"img-src 'self' {host}")


async def _address(context: CashierContext) -> str:
    try:
        return (await context.settings.get()).value.address
    except UnavailableError:
        return ""


get_menu_page = page_operation(MENU, show_menu_page)
"""The operation of the page."""
