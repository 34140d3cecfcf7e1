"""The routes of topics: list, add, publish."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated, Any

from aiohttp import web
from pydantic import AfterValidator, BaseModel, Field

from notifier.context import NOTIFIER
from notifier.http.problems import (
    INVALID_ISSUE,
    INVALID_TOPIC,
    TOO_MANY_TOPICS,
    TOPIC_NOT_DEPLOYED,
    TOPIC_RESERVED,
)
from notifier.stream.selection import BOARD
from notifier.topics.publisher import Draft
from shared.clock import Timestamp, utc_now
from shared.domain.change import Changed
from shared.domain.errors import FieldError
from shared.messages.announcement import ORDER_EVENTS
from shared.web.body import json_response, read_body
from shared.web.caller import change_by
from shared.web.fields import Body, PrintableText, VisibleText, printable_lines, sendable
from shared.web.headers import CORRELATION_ID
from shared.web.idempotency import INVALID_KEY, KEY_PARAMETER, KEY_REUSED, idempotency_key
from shared.web.operation import Parameter, Response, Role, operation
from shared.web.problem import NOT_FOUND, UNAVAILABLE, Problem

LONGEST_BODY = 50_000
"""Characters; with everything else an issue stays below the 64 KiB of a request's body."""

_NAME = r"^[a-z][a-z0-9-]{1,62}$"

TOPIC = Parameter(
    "name", "path", "The topic's name", Annotated[str, Field(pattern=_NAME)], required=True
)


class TopicModel(BaseModel):
    """A topic, what it is about, and how many follow it: subscriptions, and live streams here."""

    name: str
    description: str
    subscribers: int


class TopicList(BaseModel):
    """All topics."""

    topics: list[TopicModel]


class PutTopic(Body):
    """What a topic is about."""

    description: Annotated[PrintableText, Field(max_length=200)] = ""


class PublishIssue(Body):
    """A newsletter issue; its body is Markdown."""

    subject: Annotated[VisibleText, Field(max_length=200)]
    body: Annotated[
        str, Field(min_length=1, max_length=LONGEST_BODY), AfterValidator(printable_lines)
    ]
    data: Annotated[dict[str, Any], AfterValidator(sendable)] = Field(default={})


class PublishHeld(PublishIssue):
    """An issue; one on `hold` is published a minute later, unless it is withdrawn before."""

    hold: bool = False


class PublishedModel(BaseModel):
    """The id of the issue's event, and when it is published."""

    id: str
    at: Timestamp


@operation(
    "GET",
    "/topics",
    "List the topics",
    role=Role.ANYONE,
    responses={HTTPStatus.OK: Response("All topics, and how many follow them", TopicList)},
    errors=(UNAVAILABLE,),
    tag="topics",
)
async def get_topics(request: web.Request) -> web.Response:
    """List the topics, with the subscriptions and the live streams of each."""
    notifier = request.app[NOTIFIER]
    active = await notifier.subscriber_counts.get()
    topics = [
        TopicModel(
            name=name,
            description=description,
            subscribers=active.get(name, 0) + notifier.hub.followers(name),
        )
        for name, description in (await notifier.topics.get()).items()
    ]
    return json_response(TopicList(topics=topics))


@operation(
    "PUT",
    "/topics/{name}",
    "Add a topic, or describe it anew",
    body=PutTopic,
    parameters=(TOPIC,),
    responses={
        HTTPStatus.CREATED: Response("The topic is new", TopicModel),
        HTTPStatus.OK: Response("The topic is described anew", TopicModel),
    },
    errors=(INVALID_TOPIC, TOPIC_RESERVED, TOO_MANY_TOPICS, TOPIC_NOT_DEPLOYED, UNAVAILABLE),
    tag="topics",
)
async def put_topic(request: web.Request) -> web.Response:
    """Add a topic, or change its description."""
    notifier, name = request.app[NOTIFIER], request.match_info["name"]
    if not re.fullmatch(_NAME, name):
        wrong = FieldError(("name",), "2 to 63 of a-z, 0-9 and -, the first a letter")
        raise Problem(INVALID_TOPIC, "no topic can be called that", field_errors=[wrong])
    if name == BOARD:
        raise Problem(TOPIC_RESERVED, f"{BOARD} is what the board shows")
    body = await read_body(request, PutTopic, INVALID_TOPIC)
    new = await notifier.catalog.put(name, body.description)
    await notifier.topics.expire()
    detail = f"{name} is {'new' if new else 'described anew'}"
    await notifier.changes.record_change(change_by(request, utc_now(), Changed.TOPICS, detail))
    subscribers = (await notifier.subscriber_counts.get()).get(name, 0)
    topic = TopicModel(name=name, description=body.description, subscribers=subscribers)
    return json_response(topic, HTTPStatus.CREATED if new else HTTPStatus.OK)


@operation(
    "POST",
    "/topics/{name}/messages",
    "Publish a newsletter issue",
    body=PublishHeld,
    parameters=(TOPIC, KEY_PARAMETER),
    responses={
        HTTPStatus.ACCEPTED: Response(
            "It is recorded, and will be announced to all who subscribe", PublishedModel
        )
    },
    errors=(INVALID_ISSUE, INVALID_KEY, KEY_REUSED, NOT_FOUND, TOPIC_RESERVED, UNAVAILABLE),
    tag="topics",
)
async def publish_issue(request: web.Request) -> web.Response:
    """Accept a newsletter issue."""
    notifier, name = request.app[NOTIFIER], request.match_info["name"]
    if name == ORDER_EVENTS:
        raise Problem(TOPIC_RESERVED, f"{ORDER_EVENTS} tells of orders, and of nothing else")
    key = idempotency_key(request)
    body = await read_body(request, PublishHeld, INVALID_ISSUE)
    await require_topic(request, name)
    # Recorded first: mail that was sent cannot be taken back.
    change = change_by(request, utc_now(), Changed.TOPICS, f"an issue is published to {name}")
    await notifier.changes.record_change(change)
    draft = Draft(name, body.subject, body.body, body.data)
    issue = await notifier.publisher.publish(draft, request[CORRELATION_ID], key, hold=body.hold)
    return json_response(PublishedModel(id=issue.id, at=issue.at), HTTPStatus.ACCEPTED)


async def require_topic(request: web.Request, name: str) -> None:
    """Raise a Problem of kind NOT_FOUND unless there is a topic of that name."""
    if not await request.app[NOTIFIER].catalog.has(name):
        raise Problem(NOT_FOUND, f"no topic is called {name}")


TOPIC_OPERATIONS = (get_topics, put_topic, publish_issue)
