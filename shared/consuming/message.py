"""What the engine knows of a queue: messages come out of it, and decisions on them go back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared.consuming.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Message:
    """One receipt of a message. `receive_count` is 1 the first time.

    `sent_at` is when the message was sent, by the queue's clock (UTC), where the queue tells.
    """

    message_id: str
    receipt: str
    body: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    receive_count: int = 1
    sent_at: dt.datetime | None = None


Handler = Callable[[Message], Awaitable[Outcome]]
"""Works on a message. An exception is a `Retry` after a back-off."""


class LeaseLostError(Exception):
    """The message is no longer this consumer's: its visibility timeout has run out."""


class Queue(Protocol):
    """A queue with leases, as SQS is one."""

    async def receive(self, limit: int) -> Sequence[Message]:
        """Wait a few seconds for up to `limit` (1 to 10) messages; return what there is."""

    async def delete(self, message: Message) -> None:
        """Remove the message for good."""

    async def extend(self, message: Message, seconds: float) -> None:
        """Keep the message from others for that long from now; 0 hands it back at once.

        Of several such calls for one message the one that was made last counts.
        Raises LeaseLostError when it is too late for that.
        """

    async def dead_letter(self, message: Message, reason: str) -> None:
        """Move the message to the dead-letter queue."""
