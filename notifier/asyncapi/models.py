"""Schemas of events and their headers, closed: no other fields are allowed.

Order changes have a model that also makes them. The other events are composed where they are
sent, and a test validates events that were really sent.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from notifier.stream.ring import Gap
from shared.clock import Timestamp
from shared.domain.order import OrderState
from shared.messages.announcement import CloudEvent, OrderChange


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Envelope(CloudEvent):
    """An event in the JSON format of CloudEvents 1.0, with no attributes but these."""

    model_config = ConfigDict(extra="forbid")


class OrderChangeData(OrderChange):
    """A change of an order. Its `version` rises by one with every change."""

    model_config = ConfigDict(extra="forbid")


class BoardChangeData(_Closed):
    """A number that comes to the board, or leaves it."""

    number: str
    state: OrderState
    since: Timestamp


class NewsletterData(BaseModel):
    """A newsletter issue, and whatever else staff have put beside it."""

    model_config = ConfigDict(extra="allow")

    topic: str
    subject: str
    body: Annotated[str, Field(description="Markdown")]


class ChallengeData(_Closed):
    """What a webhook must repeat to become active."""

    challenge: str


class ChallengeAnswer(BaseModel):
    """The body of the 2xx answer to a challenge."""

    challenge: str


class ResetData(_Closed):
    """Why events may be missing from a live stream."""

    reason: Gap


class BeatData(_Closed):
    """Nothing: the stream is alive."""


class OrderAttributes(_Closed):
    """The SNS message attributes of an order's event, for filter policies."""

    type: str
    store_id: str
    order_id: str
    subscribers: Literal["none"] | None = Field(
        default=None, description="`none`: placed a moment ago, so nobody can have subscribed to it"
    )


class NewsletterAttributes(_Closed):
    """The SNS message attributes of a newsletter issue, for filter policies."""

    type: str
    store_id: str
    topic: str


class WebhookHeaders(BaseModel):
    """The headers of Standard Webhooks 1.0.0, beside those of HTTP."""

    id: Annotated[str, Field(alias="webhook-id", description="The event's id; deduplicate by it")]
    timestamp: Annotated[
        str, Field(alias="webhook-timestamp", pattern=r"^\d+$", description="Unix time of sending")
    ]
    signature: Annotated[
        str,
        Field(
            alias="webhook-signature",
            pattern=r"^v1,\S+( v1,\S+)*$",
            description="HMAC-SHA256 of `<id>.<timestamp>.<body>`, once with each valid secret",
        ),
    ]
    content_type: Annotated[Literal["application/json"], Field(alias="Content-Type")]
