"""The log of what clients asked for, and of the replies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

RETRYABLE = frozenset({429, 503})
"""The statuses, with Retry-After, that a client may get in place of an order."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request for an order. Each key has its own customer name. Times are monotonic."""

    key: str
    customer_name: str
    sent_at: float


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply to a request for an order; a 2xx has an `order`."""

    key: str
    status: int
    sent_at: float
    answered_at: float
    order: dict[str, Any] | None = None
    retry_after: str | None = None

    @property
    def acknowledges(self) -> bool:
        """Whether the client may rely on the order from now on."""
        return self.order is not None

    @property
    def is_improper(self) -> bool:
        """Whether it is neither an order nor a time to retry, which no fault excuses."""
        may_retry = self.status in RETRYABLE and (self.retry_after or "").isdigit()
        return not (self.acknowledges or may_retry)


@dataclass
class Ledger:
    """Kept by the customers of one run."""

    attempts: list[Attempt] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    unanswered: Counter[str] = field(default_factory=Counter)

    @property
    def acknowledged(self) -> Sequence[str]:
        """The ids of the orders that clients rely on, each once."""
        return list({reply.order["id"]: None for reply in self.replies if reply.order is not None})

    @property
    def statuses(self) -> Counter[int]:
        """How often each status was answered."""
        return Counter(reply.status for reply in self.replies)
