"""What a barista needs to know beyond what every service does."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.runtime.settings import Port, ServiceSettings


class WorkerSettings(ServiceSettings):
    """Settings of one worker process."""

    worker_concurrency: Annotated[int, Field(ge=1, le=1000)] = 4
    """How many orders the barista prepares at once."""

    brew_speed: Annotated[float, Field(ge=0)] = 10
    """Divides preparation times; 0 means no waiting."""

    visibility_timeout: Annotated[int, Field(ge=3, le=12 * 3600)] = 30
    """Seconds for which a delivery is kept from others; extended at a third of it."""

    poll_seconds: Annotated[int, Field(ge=1, le=5)] = 2
    """How long a poll waits for a message; SQS allows 20, but an idle worker should leave soon."""

    worker_port: Port | None = None
    """Where /healthz, /readyz and /metrics are answered; nowhere when left out."""

    worker_name: str | None = None
    """Who this barista is on the worker_heartbeats; made of host and process when left out."""

    @model_validator(mode="after")
    def _poll_fits_in_the_lease(self) -> Self:
        if self.poll_seconds >= self.visibility_timeout:
            raise ValueError("COFFEE_POLL_SECONDS must be below COFFEE_VISIBILITY_TIMEOUT")
        return self
