"""What a channel does for the deliveries: it makes one attempt, and says how that went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shared.domain.subscription import Subscription
from shared.messages.announcement import CloudEvent

MOST_AT_ONCE = 8
"""So many mails are in progress at once, and so many challenges: anybody may ask for either, and
all mail goes to one server. Neither may take all the slots, since webhooks need some."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The subscriber, or a mail server on its behalf, has it."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The subscriber has answered that the subscription is wanted."""


@dataclass(frozen=True, slots=True)
class RateLimited:
    """The subscriber was not asked: so many questions wait for an answer there already."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Not this time. `after` is how many seconds the subscriber asked us to wait, if it did."""

    error: str
    after: float | None = None


@dataclass(frozen=True, slots=True)
class NotNow:
    """It is our side that cannot, so it says nothing of the subscriber, and is not counted."""

    error: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Never: there is no such subscriber, or it wants nothing any more."""

    error: str


Attempt = Accepted | Refused | NotNow | Unreachable


class Sender(Protocol):
    """One channel. Attempts are bounded in time, and how they fail is told, not raised.

    Errors are short and fit for the subscriber to read: no secret, nothing of what was answered.
    """

    async def deliver(self, subscription: Subscription, event: CloudEvent) -> Attempt:
        """Make one attempt to deliver an event."""

    async def ask(
        self, subscription: Subscription, token: str
    ) -> Attempt | Confirmed | RateLimited:
        """Ask once whether the subscription is wanted; `token` confirms it."""

    async def agreed(self, subscription: Subscription) -> None:
        """Hear that whoever was asked wants it; raises StoreUnavailableError."""
