"""The live stream in the table of operations."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from notifier.stream import routes
from notifier.stream.response import LAST_EVENT_ID, TOO_MANY_STREAMS
from shared.web.operation import EVENT_STREAM, Operation, Parameter, Response, Role
from shared.web.problem import INVALID_REQUEST, NOT_FOUND, TOO_BUSY, UNAUTHORIZED

LIVE_OPERATIONS: Sequence[Operation] = (
    Operation(
        "GET",
        "/events",
        "Follow events as they happen",
        routes.get_events,
        role=Role.ANYONE,
        parameters=(
            Parameter(
                "topics",
                "query",
                "Topics, with commas between; `board` is what the counter's display may show. "
                "`order-events` needs staff, unless `order_id` is given",
            ),
            Parameter(
                "order_id",
                "query",
                "Only this order's events; `topics` is then `order-events` when left out",
            ),
            Parameter(
                LAST_EVENT_ID,
                "header",
                "The id of the last event seen: go on after it, or be told by an event named "
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
    ),
)
