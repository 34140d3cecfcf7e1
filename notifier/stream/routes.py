"""The route of the live stream."""

from __future__ import annotations

from aiohttp import web

from notifier.build import NOTIFIER
from notifier.stream.feed import HUB, INSTANCE_QUEUE
from notifier.stream.models import FollowEvents
from notifier.stream.response import StreamTimes, stream
from notifier.stream.selection import BOARD, Selection
from shared.domain.errors import FieldError
from shared.messages.announcement import ORDER_EVENTS
from shared.web.body import read_query
from shared.web.caller import is_staff, unauthorized
from shared.web.problem import INVALID_REQUEST, NOT_FOUND, Problem

STREAM_TIMES: web.AppKey[StreamTimes] = web.AppKey("STREAM_TIMES", StreamTimes)


async def get_events(request: web.Request) -> web.StreamResponse:
    """Stream the events that the caller asks for, if they may be shown to that caller."""
    selection = _selection(read_query(request, FollowEvents))
    named = sorted(selection.topics - {BOARD})
    for topic in named:
        if not await request.app[NOTIFIER].catalog.has(topic):
            raise Problem(NOT_FOUND, f"no topic is called {topic}")
    if not _may_be_shown(selection) and not is_staff(request):
        raise unauthorized("give an order_id, or send the staff key as Authorization: Bearer")
    for topic in named:
        await request.app[INSTANCE_QUEUE].subscribe(topic)
    return await stream(request, request.app[HUB], selection, request.app[STREAM_TIMES])


def _selection(query: FollowEvents) -> Selection:
    """Read what is asked for; raises a Problem of kind INVALID_REQUEST when that is nothing."""
    named = frozenset(name.strip() for name in (query.topics or "").split(","))
    topics = named - {""}
    if topics:
        return Selection(topics, query.order_id)
    if query.order_id is not None:
        return Selection(frozenset({ORDER_EVENTS}), query.order_id)
    field_error = FieldError(
        ("topics",), "name some topics, with commas between, or give an order_id"
    )
    raise Problem(INVALID_REQUEST, "the query selects no events", field_errors=[field_error])


def _may_be_shown(selection: Selection) -> bool:
    """Tell whether anybody may see it: not the events of orders whose ids are not known."""
    return selection.order_id is not None or ORDER_EVENTS not in selection.topics
