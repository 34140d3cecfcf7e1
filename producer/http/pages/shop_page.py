"""The page `/staff/shop`: whether the shop is open, its hours and settings, who changed what."""

from __future__ import annotations

from aiohttp import web

from producer.http.pages.shell import SHELL
from shared.domain.staff import StaffKey, StaffRole
from shared.web.pages.shell import Page
from shared.web.pages.staff import staff_page

SHOP = Page(
    path="/staff/shop",
    template="shop.html",
    title="shop.title",
    module="shop_page.js",
    stylesheets=("/assets/switchbox.css", "shop.css"),
    texts=("shop", "shop_hours"),
    navigation="staff",
)


async def show_shop(request: web.Request, key: StaffKey) -> web.StreamResponse:
    """Send the page; only managers can change more than the shop's state."""
    data = {"can_edit": key.role is StaffRole.MANAGER}
    return await SHELL.response(request, SHOP, data=data)


get_shop_page = staff_page(SHOP, show_shop)
"""The operation of the page."""
