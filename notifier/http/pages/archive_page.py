"""The page `/newsletters/{topic}`: the last issues, to read before subscribing."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import hdrs, web

from notifier.context import NOTIFIER
from notifier.http.pages.newsletters_page import shown_topics
from notifier.http.pages.shell import SHELL
from shared.web.operation import Operation, Parameter, Response, Role
from shared.web.pages.shell import Page

ARCHIVE = Page(
    path="/newsletters/{topic}",
    template="archive.html",
    title="archive.title",
    module="archive_page.js",
    stylesheets=("archive.css",),
)
NO_ARCHIVE = Page(path="/newsletters/{topic}", template="no_archive.html", title="archive.title")


async def show_archive(request: web.Request) -> web.StreamResponse:
    """Send the page with the last issues that were published."""
    notifier, name = request.app[NOTIFIER], request.match_info["topic"]
    topic = next((one for one in await shown_topics(request) if one.name == name), None)
    if topic is None:
        return await SHELL.response(request, NO_ARCHIVE, status=HTTPStatus.NOT_FOUND)
    issues = await notifier.archive.last(name)
    return await SHELL.response(request, ARCHIVE, topic=topic, issues=issues)


get_archive_page = Operation(
    method=hdrs.METH_GET,
    path=ARCHIVE.path,
    summary="The page of a newsletter",
    handler=show_archive,
    responses={HTTPStatus.OK: Response("The page", media_type="text/html")},
    role=Role.ANYONE,
    parameters=(Parameter("topic", "path", "The topic's name", required=True),),
    tag="pages",
    documented=False,
    turns=True,
)
"""The operation of the page."""
