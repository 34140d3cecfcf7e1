"""The routes of topics: listed, added, published to."""

from __future__ import annotations

import re
from http import HTTPStatus

from aiohttp import web

from notifier.build import NOTIFIER
from notifier.problems import INVALID_ISSUE, INVALID_TOPIC, TOPIC_RESERVED
from notifier.stream.feed import HUB
from notifier.stream.selection import BOARD
from notifier.topics.models import (
    PublishedModel,
    PublishIssue,
    PutTopic,
    TopicModel,
    TopicsModel,
)
from notifier.topics.publisher import Draft
from shared.domain.errors import FieldError
from shared.messages.announcement import ORDER_EVENTS
from shared.web.body import json_response, read_body
from shared.web.headers import CORRELATION_ID
from shared.web.idempotency import idempotency_key
from shared.web.problem import NOT_FOUND, Problem

TOPIC_NAME = r"^[a-z][a-z0-9-]{1,62}$"


async def get_topics(request: web.Request) -> web.Response:
    """List the topics."""
    notifier, hub = request.app[NOTIFIER], request.app[HUB]
    active = await notifier.subscriber_counts.by_topic()
    topics = [
        TopicModel(
            name=name,
            description=description,
            subscribers=active.get(name, 0) + hub.followers(name),
        )
        for name, description in (await notifier.catalog.all()).items()
    ]
    return json_response(TopicsModel(topics=topics))


async def put_topic(request: web.Request) -> web.Response:
    """Add a topic, or describe it anew."""
    notifier, name = request.app[NOTIFIER], request.match_info["name"]
    if not re.fullmatch(TOPIC_NAME, name):
        field_error = FieldError(("name",), "2 to 63 of a-z, 0-9 and -, the first a letter")
        raise Problem(INVALID_TOPIC, "no topic can be called that", field_errors=[field_error])
    if name == BOARD:
        raise Problem(TOPIC_RESERVED, f"{BOARD} is what the counter's display shows")
    body = await read_body(request, PutTopic, INVALID_TOPIC)
    new = await notifier.catalog.put(name, body.description)
    subscribers = (await notifier.subscriber_counts.by_topic()).get(name, 0)
    shown = TopicModel(name=name, description=body.description, subscribers=subscribers)
    return json_response(shown, HTTPStatus.CREATED if new else HTTPStatus.OK)


async def publish_issue(request: web.Request) -> web.Response:
    """Accept a newsletter issue."""
    notifier, name = request.app[NOTIFIER], request.match_info["name"]
    if name == ORDER_EVENTS:
        raise Problem(TOPIC_RESERVED, f"{ORDER_EVENTS} tells of orders, and of nothing else")
    key = idempotency_key(request)
    body = await read_body(request, PublishIssue, INVALID_ISSUE)
    await require_topic(request, name)
    draft = Draft(name, body.subject, body.body, body.data)
    issue_id = await notifier.publisher.publish(draft, request[CORRELATION_ID], key)
    return json_response(PublishedModel(id=issue_id), HTTPStatus.ACCEPTED)


async def require_topic(request: web.Request, name: str) -> None:
    """Make sure that there is a topic of that name; raises a Problem of kind NOT_FOUND."""
    if not await request.app[NOTIFIER].catalog.has(name):
        raise Problem(NOT_FOUND, f"no topic is called {name}")
