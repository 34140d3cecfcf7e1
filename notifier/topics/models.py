"""What the routes of topics take and give."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field

from shared.web.fields import Body, PrintableText, VisibleText, printable_lines, sendable

LONGEST_BODY = 50_000
"""Characters; with everything else an issue stays below the 64 KiB of a request's body."""


class TopicModel(BaseModel):
    """A topic, what it is about, and how many follow it: subscriptions, and live streams here."""

    name: str
    description: str
    subscribers: int


class TopicsModel(BaseModel):
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


class PublishedModel(BaseModel):
    """The id of the issue's event."""

    id: str
