"""The kitchen display, and the page where staff sign in."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import hdrs, web

from producer.context import CASHIER
from producer.documents.settings import SettingsDocument
from producer.http.pages.shell import SHELL
from shared.domain.errors import UnavailableError
from shared.domain.shop import Hand
from shared.web.caller import is_staff
from shared.web.pages.shell import Page, page_operation
from shared.web.problem import Problem

KITCHEN = Page(
    path="/staff",
    template="kitchen.html",
    title="kitchen.title",
    module="kitchen_page.js",
    stylesheets=("kitchen.css",),
    texts=("kitchen",),
    navigation="staff",
    layout="full",
)
SIGN_IN = Page(
    path="/staff/sign-in",
    template="sign_in.html",
    title="sign_in.title",
    module="sign_in.js",
    texts=("sign_in",),
    navigation="none",
)


async def show_kitchen(request: web.Request) -> web.StreamResponse:
    """Show the display to staff; others are to sign in."""
    if not _is_signed_in(request):
        headers = {hdrs.LOCATION: SIGN_IN.path, hdrs.CACHE_CONTROL: "no-store"}
        return web.Response(status=HTTPStatus.SEE_OTHER, headers=headers)
    context = request.app[CASHIER]
    try:
        settings = (await context.settings.get()).value
    except UnavailableError:
        settings = SettingsDocument()
    data = {
        "by_people": context.barista_hand is Hand.PEOPLE,
        "warn": settings.kitchen_warn_minutes,
        "late": settings.kitchen_late_minutes,
        "cancel_reasons": settings.cancel_reasons,
    }
    return await SHELL.response(request, KITCHEN, data=data)


def _is_signed_in(request: web.Request) -> bool:
    try:
        return is_staff(request)
    except Problem:  # a key that was withdrawn
        return False


KITCHEN_OPERATIONS = (page_operation(KITCHEN, show_kitchen),)
