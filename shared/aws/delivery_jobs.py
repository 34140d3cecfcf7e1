"""DeliveryJobs on the deliveries queue: what is still to be done for subscribers."""

from __future__ import annotations

from typing import Protocol

from shared.aws.queue import OutgoingMessage
from shared.messages.delivery_job import Confirm, Deliver, Redeliver


class _Queue(Protocol):
    async def send(self, message: OutgoingMessage) -> None:
        """Return once the queue has confirmed the message."""


class DeliveryJobs:
    """Sends jobs; each call raises what the queue does."""

    def __init__(self, queue: _Queue) -> None:
        self._queue = queue

    async def send(self, job: Deliver | Redeliver | Confirm) -> None:
        """Return once the job is on the queue."""
        await self._queue.send(OutgoingMessage(job.model_dump_json()))
