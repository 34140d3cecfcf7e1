"""The page `/staff/menu`: what is sold, changed by managers; sold out and photos, by all staff."""

from __future__ import annotations

from aiohttp import web

from producer.context import CASHIER
from producer.http.pages.photo_policy import with_uploads
from producer.http.pages.shell import SHELL
from shared.domain.staff import StaffKey, StaffRole
from shared.web.pages.shell import Page
from shared.web.pages.staff import staff_page

MENU_EDITOR = Page(
    path="/staff/menu",
    template="menu_editor.html",
    title="editor.title",
    module="editor_page.js",
    stylesheets=(
        "/assets/items.css",
        "/assets/progress.css",
        "/assets/switchbox.css",
        "editor.css",
    ),
    texts=("allergens", "categories", "editor", "editor_form", "editor_photo"),
    navigation="staff",
)


async def show_menu_editor(request: web.Request, key: StaffKey) -> web.StreamResponse:
    """Send the page; photos may come from elsewhere, and may be sent there."""
    data = {"can_edit": key.role is StaffRole.MANAGER}
    response = await SHELL.response(request, MENU_EDITOR, data=data)
    photos = request.app[CASHIER].photos
    response.headers["Content-Security-Policy"] = await with_uploads(photos)
    return response


get_menu_editor = staff_page(MENU_EDITOR, show_menu_editor)
"""The operation of the page."""
