"""The route of the live stream."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from notifier.context import NOTIFIER
from notifier.http.topics import require_topic
from notifier.stream.response import LAST_EVENT_ID, TOO_MANY_STREAMS, stream
from notifier.stream.selection import BOARD, Selection
from shared.domain.errors import FieldError
from shared.messages.announcement import ORDER_EVENTS
from shared.web.body import read_query
from shared.web.caller import is_staff, unauthorized
from shared.web.operation import EVENT_STREAM, Parameter, Response, Role, operation
from shared.web.problem import INVALID_REQUEST, NOT_FOUND, TOO_BUSY, UNAUTHORIZED, Problem

Topics = Annotated[str, Field(max_length=1000)]
EventId = Annotated[str, Field(max_length=60)]
OrderId = Annotated[str, Field(min_length=1, max_length=100)]


class FollowEvents(BaseModel):
    """Which events to stream."""

    model_config = ConfigDict(frozen=True)

    topics: Topics | None = None
    order_id: OrderId | None = None
    last_event_id: EventId | None = None


@operation(
    "GET",
    "/events",
    "Follow events as they happen",
    role=Role.ANYONE,
    parameters=(
        Parameter(
            "topics",
            "query",
            "Topics, with commas between; `board` is what the board may show. "
            "`order-events` needs staff, unless `order_id` is given",
            Topics,
        ),
        Parameter(
            "order_id",
            "query",
            "Only this order's events; `topics` is then `order-events` when left out",
            OrderId,
        ),
        Parameter(
            "last_event_id",
            "query",
            f"The same as `{LAST_EVENT_ID}`, which pages cannot set; the header comes first",
            EventId,
        ),
        Parameter(
            LAST_EVENT_ID,
            "header",
            "The id of the last event seen: go on after it, or be informed by an event named "
            "`reset` that some may be missing",
        ),
    ),
    responses={
        HTTPStatus.OK: Response(
            "Server-sent events; each one's data is a CloudEvent, as `/asyncapi.json` has it",
            media_type=EVENT_STREAM,
        )
    },
    errors=(INVALID_REQUEST, UNAUTHORIZED, NOT_FOUND, TOO_MANY_STREAMS, TOO_BUSY),
    tag="topics",
)
async def get_events(request: web.Request) -> web.StreamResponse:
    """Stream the events that the caller selects; some need an order's id, or the staff key."""
    notifier = request.app[NOTIFIER]
    query = read_query(request, FollowEvents)
    selection = _selection(query)
    topics = sorted(selection.topics - {BOARD})
    for topic in topics:
        await require_topic(request, topic)
    if selection.order_id is None and ORDER_EVENTS in selection.topics and not is_staff(request):
        raise unauthorized("give an order_id, or send the staff key as Authorization: Bearer")
    for topic in topics:
        await notifier.live_queue.subscribe(topic)
    last_seen = request.headers.get(LAST_EVENT_ID, query.last_event_id)
    return await stream(request, notifier.hub, selection, last_seen, notifier.stream_times)


def _selection(query: FollowEvents) -> Selection:
    """Read the selection; raises a Problem of kind INVALID_REQUEST when it is empty."""
    topics = frozenset(name.strip() for name in (query.topics or "").split(",")) - {""}
    if topics:
        return Selection(topics, query.order_id)
    if query.order_id is not None:
        return Selection(frozenset({ORDER_EVENTS}), query.order_id)
    wrong = FieldError(("topics",), "name some topics, with commas between, or give an order_id")
    raise Problem(INVALID_REQUEST, "the query selects no events", field_errors=[wrong])
