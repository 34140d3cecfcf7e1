"""The settings of the workers, beside those that every service has."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.domain.shop import Hand
from shared.runtime.setting_types import BrewSpeed, Port
from shared.runtime.settings import ServiceSettings

PEOPLES_TICKETS = 50
"""How many tickets a worker holds for people; those that are not being made wait in line."""


class QueueWorkerSettings(ServiceSettings):
    """Settings of a process that works on the messages of a queue."""

    visibility_timeout: Annotated[int, Field(ge=3, le=12 * 3600)] = 30
    """Seconds for which a received message is hidden from others; extended at a third of it."""

    poll_seconds: Annotated[int, Field(ge=1, le=5)] = 2
    """How long a poll waits for a message; SQS allows 20, but an idle worker should stop soon.
    With the embedded emulator it is 5 unless set: a shop that closes ends those polls."""

    worker_port: Port | None = None
    """The port of /healthz, /readyz and /metrics; none when left out."""

    @model_validator(mode="after")
    def _poll_fits_in_the_lease(self) -> Self:
        if self.poll_seconds >= self.visibility_timeout:
            raise ValueError("COFFEE_POLL_SECONDS must be below COFFEE_VISIBILITY_TIMEOUT")
        return self


class WorkerSettings(QueueWorkerSettings):
    """Settings of one worker process."""

    barista_hand: Hand = Hand.SIMULATED
    """Who prepares the orders."""

    worker_concurrency: Annotated[int, Field(ge=1, le=1000)] = 4
    """How many orders of the worker are being made at once."""

    brew_speed: BrewSpeed = 10
    """Divides preparation times; 0 means no waiting."""

    worker_name: str | None = None
    """The name in this worker's heartbeats; made of host and process id when left out."""

    @property
    def tickets_held(self) -> int:
        """How many tickets the worker holds at once: people's orders also wait in line there."""
        if self.barista_hand is Hand.PEOPLE:
            return max(PEOPLES_TICKETS, self.worker_concurrency)
        return self.worker_concurrency
