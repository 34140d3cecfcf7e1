"""The page `/newsletters/{topic}`: the last issues, to read before subscribing."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import hdrs, web

from notifier.context import NOTIFIER
from notifier.http.pages.newsletters_page import shown_topics
from notifier.http.pages.shell import SHELL
from shared.clock import utc_now
from shared.messages.announcement import CloudEvent
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
_SHOWN = 10


async def show_archive(request: web.Request) -> web.StreamResponse:
    """Send the page with the last issues that were published."""
    notifier, name = request.app[NOTIFIER], request.match_info["topic"]
    topic = next((one for one in await shown_topics(request) if one.name == name), None)
    if topic is None:
        return await SHELL.response(request, NO_ARCHIVE, status=HTTPStatus.NOT_FOUND)
    now = utc_now()
    issues = [one for one in await notifier.issues.get() if one.topic == name and one.at <= now]
    shown = []
    for issue in issues[:_SHOWN]:
        data = CloudEvent.model_validate_json(issue.event).data
        html = notifier.proofs.html(str(data["body"]))
        shown.append({"at": issue.at.isoformat(), "subject": data["subject"], "html": html})
    return await SHELL.response(request, ARCHIVE, topic=topic, issues=shown)


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
