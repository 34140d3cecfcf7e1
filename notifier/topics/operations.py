"""The topics in the table of operations."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from notifier.problems import (
    INVALID_ISSUE,
    INVALID_TOPIC,
    TOO_MANY_TOPICS,
    TOPIC_RESERVED,
)
from notifier.topics import routes
from notifier.topics.models import (
    PublishedModel,
    PublishIssue,
    PutTopic,
    TopicModel,
    TopicsModel,
)
from shared.web.idempotency import INVALID_KEY, KEY_REUSED, key_parameter
from shared.web.operation import Operation, Parameter, Response, Role
from shared.web.problem import NOT_FOUND, UNAVAILABLE

TOPIC = Parameter(
    "name",
    "path",
    "The topic's name",
    Annotated[str, Field(pattern=routes.TOPIC_NAME)],
    required=True,
)

TOPIC_OPERATIONS: Sequence[Operation] = (
    Operation(
        "GET",
        "/topics",
        "List the topics",
        routes.get_topics,
        role=Role.ANYONE,
        responses={HTTPStatus.OK: Response("All topics, and how many follow them", TopicsModel)},
        errors=(UNAVAILABLE,),
        tag="topics",
    ),
    Operation(
        "PUT",
        "/topics/{name}",
        "Add a topic, or describe it anew",
        routes.put_topic,
        body=PutTopic,
        parameters=(TOPIC,),
        responses={
            HTTPStatus.CREATED: Response("The topic is new", TopicModel),
            HTTPStatus.OK: Response("The topic is described anew", TopicModel),
        },
        errors=(INVALID_TOPIC, TOPIC_RESERVED, TOO_MANY_TOPICS, UNAVAILABLE),
        tag="topics",
    ),
    Operation(
        "POST",
        "/topics/{name}/messages",
        "Publish a newsletter issue",
        routes.publish_issue,
        body=PublishIssue,
        parameters=(TOPIC, key_parameter("publishes the same issue once")),
        responses={
            HTTPStatus.ACCEPTED: Response(
                "It is recorded, and will be announced to all who subscribe", PublishedModel
            )
        },
        errors=(INVALID_ISSUE, INVALID_KEY, KEY_REUSED, NOT_FOUND, TOPIC_RESERVED, UNAVAILABLE),
        tag="topics",
    ),
)
