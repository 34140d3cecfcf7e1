"""The page `/staff/keys`: who may work here; managers make and withdraw keys."""

from __future__ import annotations

from aiohttp import web

from producer.context import CASHIER
from producer.http.pages.shell import SHELL
from shared.domain.staff import StaffKey, StaffRole
from shared.web.pages.shell import Page
from shared.web.pages.staff import staff_page

KEYS = Page(
    path="/staff/keys",
    template="keys.html",
    title="keys.title",
    module="keys_page.js",
    texts=("keys",),
    navigation="staff",
)


async def show_keys(request: web.Request, key: StaffKey) -> web.StreamResponse:
    """Send the page; whose key is no manager's is told so."""
    return await SHELL.response(
        request,
        KEYS,
        data={"name": key.name, "public_url": request.app[CASHIER].photos.shop_url},
        name=key.name,
        is_manager=key.role is StaffRole.MANAGER,
    )


get_keys_page = staff_page(KEYS, show_keys)
"""The operation of the page."""
