"""What the notifier needs to know beyond what every service does."""

from __future__ import annotations

import os
import re
import socket
from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.runtime.settings import Name, WebSettings

_LONGEST_NAME = 40


def own_name(host: str, process: int) -> str:
    """Name an instance after its host and process, in characters that a queue's name may have."""
    name = re.sub(r"[^a-z0-9]+", "-", f"{host}-{process}".lower())
    return name[-_LONGEST_NAME:].strip("-")


class NotifierSettings(WebSettings):
    """Settings of one notifier instance."""

    notifier_instance: Name = Field(
        default_factory=lambda: own_name(socket.gethostname(), os.getpid())
    )
    """Which notifier this is, among those of one shop; its queue is named after it."""

    heartbeat_seconds: Annotated[float, Field(gt=0, le=300)] = 15
    """How often a stream says that it is still there."""

    stalled_seconds: Annotated[float, Field(gt=0, le=300)] = 10
    """How long one write to a stream may take before the stream is dropped."""

    ring_size: Annotated[int, Field(ge=4)] = 10_000
    """How many recent events a stream can be resumed over."""

    ring_bytes: Annotated[int, Field(ge=2**20)] = 32 * 2**20
    """How many bytes those events may take up together."""

    max_lag: Annotated[int, Field(ge=100)] = 1000
    """How many events a reader may fall behind before its stream is dropped."""

    max_streams: Annotated[int, Field(ge=1)] = 2000
    """How many streams there may be at once."""

    max_streams_per_client: Annotated[int, Field(ge=1)] = 200
    """How many of them one address may have; all guests of a café share one, as do all behind a
    load balancer."""

    live_mark_seconds: Annotated[float, Field(gt=0)] = 60
    """How often a notifier shows the others that its live queue is in use."""

    live_look_seconds: Annotated[float, Field(gt=0)] = 300
    """How often, about, it looks for live queues whose notifiers are gone."""

    @model_validator(mode="after")
    def _lag_fits_in_the_ring(self) -> Self:
        if self.max_lag >= self.ring_size:
            raise ValueError("COFFEE_MAX_LAG must be below COFFEE_RING_SIZE")
        return self

    @model_validator(mode="after")
    def _marks_move_between_looks(self) -> Self:
        if self.live_look_seconds < 2 * self.live_mark_seconds:
            raise ValueError("COFFEE_LIVE_LOOK_SECONDS must be twice COFFEE_LIVE_MARK_SECONDS")
        return self
