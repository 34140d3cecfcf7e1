"""The notifier's table of operations: its routes, and what the OpenAPI document says of them."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from notifier import routes
from notifier.live.stream import LAST_EVENT_ID, TOO_MANY_STREAMS
from notifier.models import TopicsModel
from shared.web.operation import EVENT_STREAM, Answer, Operation, Parameter, Role
from shared.web.problem import INVALID_REQUEST, NOT_FOUND, TOO_BUSY, UNAUTHORIZED

NOTIFIER_OPERATIONS: Sequence[Operation] = (
    Operation(
        "GET",
        "/topics",
        "List the topics",
        routes.get_topics,
        role=Role.ANYONE,
        answers={HTTPStatus.OK: Answer("All topics, and how many follow them", TopicsModel)},
        tag="topics",
    ),
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
        answers={
            HTTPStatus.OK: Answer(
                "Server-sent events; each one's data is a CloudEvent", media_type=EVENT_STREAM
            )
        },
        errors=(INVALID_REQUEST, UNAUTHORIZED, NOT_FOUND, TOO_MANY_STREAMS, TOO_BUSY),
        tag="topics",
    ),
)
