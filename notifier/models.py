"""What the notifier's routes take and give, as the API's contract says."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class TopicModel(BaseModel):
    """A topic, what it is about, and how many follow it here now."""

    name: str
    description: str
    subscribers: int


class TopicsModel(BaseModel):
    """All topics."""

    topics: list[TopicModel]


class FollowEvents(BaseModel):
    """Which events to stream."""

    model_config = ConfigDict(frozen=True)

    topics: Annotated[str, Field(max_length=1000)] | None = None
    order_id: Annotated[str, Field(min_length=1, max_length=100)] | None = None
