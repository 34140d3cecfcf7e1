"""The kitchen display, and the page where staff sign in."""

from __future__ import annotations

from aiohttp import web

from producer.context import CASHIER
from producer.documents.settings import NOT_COLLECTED, SettingsDocument
from producer.http.pages.shell import SHELL
from shared.domain.errors import UnavailableError
from shared.domain.shop import Hand
from shared.domain.staff import StaffKey
from shared.web.operation import Operation
from shared.web.pages.shell import Page, page_operation
from shared.web.pages.staff import ENDED, signed_in, staff_page
from shared.web.pages.staff import SIGN_IN as SIGN_IN_PATH

KITCHEN = Page(
    path="/staff",
    template="kitchen.html",
    title="kitchen.title",
    module="kitchen_page.js",
    stylesheets=("kitchen.css",),
    texts=("allergens", "kitchen"),
    navigation="staff",
    layout="full",
)
SIGN_IN = Page(
    path=SIGN_IN_PATH,
    template="sign_in.html",
    title="sign_in.title",
    module="sign_in.js",
    texts=("sign_in",),
    navigation="none",
)


async def show_kitchen(request: web.Request, _: StaffKey) -> web.StreamResponse:
    """Show the display."""
    context = request.app[CASHIER]
    try:
        settings = (await context.settings.get()).value
    except UnavailableError:
        settings = SettingsDocument()
    data = {
        "by_people": context.barista_hand is Hand.PEOPLE,
        "warn": settings.kitchen_warn_minutes,
        "late": settings.kitchen_late_minutes,
        "cancel_reasons": [one for one in settings.cancel_reasons if one != NOT_COLLECTED],
    }
    return await SHELL.response(request, KITCHEN, data=data)


async def show_sign_in(request: web.Request) -> web.StreamResponse:
    """Show where to type a key, or whose key the browser shows already, and how to sign out."""
    key = signed_in(request)
    has_ended = key is None and request.query.get("why") == ENDED
    return await SHELL.response(request, SIGN_IN, key=key, has_ended=has_ended)


KITCHEN_OPERATIONS: tuple[Operation, ...] = (
    staff_page(KITCHEN, show_kitchen),
    page_operation(SIGN_IN, show_sign_in),
)
