"""Errands on the deliveries queue: what is still to be done for subscribers."""

from __future__ import annotations

from typing import Protocol

from shared.aws.queue import Message
from shared.messages.delivery_job import Confirm, Deliver, Redeliver


class _Queue(Protocol):
    async def send(self, message: Message) -> None:
        """Return once the queue has confirmed the message."""


class Errands:
    """Sends errands; each call raises what the queue does."""

    def __init__(self, queue: _Queue) -> None:
        self._queue = queue

    async def send(self, errand: Deliver | Redeliver | Confirm) -> None:
        """Return once the errand is on the queue."""
        await self._queue.send(Message(errand.model_dump_json()))
