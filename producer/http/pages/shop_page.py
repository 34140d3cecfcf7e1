"""The page `/staff/shop`: whether the shop is open, its hours and settings, who changed what."""

from __future__ import annotations

from aiohttp import web

from producer.context import CASHIER
from producer.http.pages.shell import SHELL
from producer.menu.service import MenuService
from shared.domain.errors import UnavailableError
from shared.domain.staff import StaffKey, StaffRole
from shared.web.pages.shell import Page
from shared.web.pages.staff import staff_page

SHOP = Page(
    path="/staff/shop",
    template="shop.html",
    title="shop.title",
    module="shop_page.js",
    stylesheets=("/assets/switchbox.css", "shop.css"),
    texts=("shop", "shop_hours", "shop_money"),
    navigation="staff",
)


async def show_shop(request: web.Request, key: StaffKey) -> web.StreamResponse:
    """Send the page; only managers can change more than the shop's state."""
    data = {
        "can_edit": key.role is StaffRole.MANAGER,
        "has_orders": await _has_orders(request.app[CASHIER].menu),
    }
    return await SHELL.response(request, SHOP, data=data)


async def _has_orders(menu: MenuService) -> bool:
    """Tell whether the currency is fixed; while the store cannot say it, whoever saves is told."""
    try:
        return await menu.has_orders()
    except UnavailableError:
        return False


get_shop_page = staff_page(SHOP, show_shop)
"""The operation of the page."""
