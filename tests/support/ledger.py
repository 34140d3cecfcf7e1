"""The log of what clients asked for, and of what they were told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

MAY_COME_AGAIN = frozenset({429, 503})
"""What a client may be told instead of an order, and then with Retry-After."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request for an order. A customer's name stands for one key. Times are monotonic."""

    key: str
    customer_name: str
    sent_at: float


@dataclass(frozen=True, slots=True)
class Told:
    """One answer to a request for an order; `order` is there when it was a 2xx."""

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
        """Whether no fault excuses it: it is neither an order nor a time to come again."""
        may_come_again = self.status in MAY_COME_AGAIN and (self.retry_after or "").isdigit()
        return not (self.acknowledges or may_come_again)


@dataclass
class Ledger:
    """Kept by the customers of one run."""

    attempts: list[Attempt] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    unanswered: Counter[str] = field(default_factory=Counter)

    @property
    def acknowledged(self) -> Sequence[str]:
        """The ids of the orders that clients rely on, each once."""
        return list({told.order["id"]: None for told in self.told if told.order is not None})

    @property
    def statuses(self) -> Counter[int]:
        """How often each status was answered."""
        return Counter(told.status for told in self.told)
