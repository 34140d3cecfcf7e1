"""The contract of a channel: it makes one attempt, and returns its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shared.domain.subscription import Subscription
from shared.messages.announcement import CloudEvent

MOST_AT_ONCE = 8
"""So many mails are in progress at once: all go to one server."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The subscriber, or a mail server on its behalf, has accepted it."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The subscriber has answered that the subscription is wanted."""


@dataclass(frozen=True, slots=True)
class TransientFailure:
    """A later attempt may succeed. The subscriber may ask for a pause of `retry_after` seconds.

    Without `of_subscriber`, the fault may be ours: no subscription is paused for it.
    """

    error: str
    retry_after: float | None = None
    of_subscriber: bool = True


@dataclass(frozen=True, slots=True)
class LocalFailure:
    """The cause is on our side, so the attempt does not count against the subscriber."""

    error: str


@dataclass(frozen=True, slots=True)
class PermanentFailure:
    """No attempt can succeed: the subscriber does not exist, or wants nothing any more."""

    error: str


AttemptResult = Accepted | TransientFailure | LocalFailure | PermanentFailure


class Sender(Protocol):
    """One channel. Attempts are bounded in time; their failures are returned, not raised.

    Errors are short and fit for the subscriber to read: no secret, nothing of its answer.
    """

    async def deliver(self, subscription: Subscription, event: CloudEvent) -> AttemptResult:
        """Make one attempt to deliver an event."""

    async def request_confirmation(
        self, subscription: Subscription, token: str
    ) -> AttemptResult | Confirmed:
        """Ask once whether the subscription is wanted; `token` confirms it."""
