"""The engine's view of a queue: what it receives from it, and what it calls to settle it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from shared.consuming.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Message:
    """A received message with its receipt handle. `receive_count` is 1 the first time.

    `sent_at` is when the message was sent, by the queue's clock (UTC), if the queue gives it;
    `polled_at` is when the poll began that brought it, by ours.
    `group` is whose message it is, where a queue shares itself out fairly.
    """

    message_id: str
    receipt: str
    body: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    receive_count: int = 1
    sent_at: dt.datetime | None = None
    polled_at: dt.datetime | None = None
    group: str | None = None


Around = Callable[[Message], AbstractContextManager[object]]
"""What the work on a message runs within, its settling included: a span of its trace."""


def nothing_around(_: Message) -> AbstractContextManager[object]:
    """Run it within nothing."""
    return nullcontext()


Handler = Callable[[Message], Awaitable[Outcome]]
"""Handles a message. An exception is a `Retry` after a back-off."""


LogFields = Callable[[str], Mapping[str, object]]
"""Names what a message's body is about, for every line that is logged while it is worked on."""


def no_log_fields(_: str) -> Mapping[str, object]:
    """Name nothing."""
    return {}


class LeaseLostError(Exception):
    """The message's visibility timeout has run out: it is no longer this consumer's."""


class Queue(Protocol):
    """A queue with leases, such as SQS."""

    async def receive(self, limit: int) -> Sequence[Message]:
        """Wait a few seconds for up to `limit` (1 to 10) messages, and return them."""

    async def delete(self, message: Message) -> None:
        """Remove the message for good."""

    async def extend(self, message: Message, seconds: float) -> None:
        """Hide the message from others for that long from now; 0 hands it back at once.

        Of several calls for one message, the last one counts.
        Raises LeaseLostError when the lease has already run out.
        """

    async def dead_letter(self, message: Message, reason: str) -> None:
        """Move the message to the dead-letter queue."""
