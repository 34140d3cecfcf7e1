"""The page `/staff/newsletters`: issues are written, looked at, published, and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web

from notifier.http.pages.newsletters_page import ShownTopic, shown_topics
from notifier.http.pages.shell import SHELL
from notifier.topics.publisher import UNDO
from shared.domain.errors import UnavailableError
from shared.domain.staff import StaffKey, StaffRole
from shared.web.pages.shell import Page
from shared.web.pages.staff import staff_page

ISSUES = Page(
    path="/staff/newsletters",
    template="issues.html",
    title="issues.title",
    module="issues_page.js",
    stylesheets=("issues.css",),
    texts=("issues",),
    navigation="staff",
)
NOTHING_TO_WRITE = replace(ISSUES, module=None, texts=())
"""The page without its form, which its module needs."""


async def show_issues(request: web.Request, key: StaffKey) -> web.StreamResponse:
    """Send the page; whose key is no manager's is told so."""
    is_manager, topics = key.role is StaffRole.MANAGER, await _topics(request)
    return await SHELL.response(
        request,
        ISSUES if is_manager and topics else NOTHING_TO_WRITE,
        data={"undo_seconds": UNDO.total_seconds()},
        name=key.name,
        is_manager=is_manager,
        topics=topics,
    )


async def _topics(request: web.Request) -> Sequence[ShownTopic]:
    """List the newsletters; none while they cannot be read: the page says so."""
    try:
        return await shown_topics(request)
    except UnavailableError:
        return []


get_issues_page = staff_page(ISSUES, show_issues)
"""The operation of the page."""
