"""What the route of the live stream takes."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class FollowEvents(BaseModel):
    """Which events to stream."""

    model_config = ConfigDict(frozen=True)

    topics: Annotated[str, Field(max_length=1000)] | None = None
    order_id: Annotated[str, Field(min_length=1, max_length=100)] | None = None
