"""The page `/newsletters/manage`: what comes to a mailbox, by the link in its mail."""

from __future__ import annotations

from aiohttp import hdrs, web

from notifier.http.pages.newsletters_page import shown_topics
from notifier.http.pages.shell import SHELL
from shared.web.pages.shell import Page, page_operation

MANAGE = Page(
    path="/newsletters/manage",
    template="manage.html",
    title="manage.title",
    module="manage_page.js",
    texts=("managing",),
)


async def show_manage(request: web.Request) -> web.StreamResponse:
    """Send the page; its module asks for the mailbox with the token of the link."""
    topics = await shown_topics(request)
    response = await SHELL.response(request, MANAGE, topics=topics)
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    return response


get_manage_page = page_operation(MANAGE, show_manage)
"""The operation of the page."""
