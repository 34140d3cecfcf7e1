"""Pages for staff: who has not signed in is sent to where that is done, and back afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import hdrs, web
from yarl import URL

from shared.domain.staff import StaffKey
from shared.web.caller import caller, shown_key
from shared.web.operation import Operation
from shared.web.pages.shell import Page, page_operation
from shared.web.problem import Problem

SIGN_IN = "/staff/sign-in"
"""Where staff sign in; `next` in its query is the page that they wanted."""

ENDED = "ended"
"""What `why` in that query is, if the session is over: the key is no good any more."""

ShowToStaff = Callable[[web.Request, StaffKey], Awaitable[web.StreamResponse]]
"""Answers with a page for whoever has signed in."""


def staff_page(page: Page, show: ShowToStaff) -> Operation:
    """Make the operation of a page that only those see who have signed in, in whatever role."""

    async def answer(request: web.Request) -> web.StreamResponse:
        key = signed_in(request)
        return await show(request, key) if key else _to_sign_in(request)

    return page_operation(page, answer)


def signed_in(request: web.Request) -> StaffKey | None:
    """Return whose key the browser shows; None where it is no good, or cannot be looked up."""
    try:
        return caller(request)
    except Problem:
        return None


def _to_sign_in(request: web.Request) -> web.StreamResponse:
    """Send the browser to sign in, which fails in words there if keys cannot be read."""
    why = {"why": ENDED} if shown_key(request) else {}
    wanted = URL(SIGN_IN).with_query({"next": str(request.rel_url), **why})
    headers = {hdrs.LOCATION: str(wanted), hdrs.CACHE_CONTROL: "no-store"}
    return web.Response(status=HTTPStatus.SEE_OTHER, headers=headers)
