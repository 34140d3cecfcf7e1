"""The shop as a whole: whether it takes orders, what is sold out, and which processes run."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class ShopState(StrEnum):
    """Whether the shop takes orders. `open` and `busy` do, `paused` and `closed` do not."""

    OPEN = "open"
    BUSY = "busy"
    PAUSED = "paused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class ShopStatus:
    """What staff have set: the state, its reason, its end, and what is sold out."""

    state: ShopState = ShopState.OPEN
    reason: str | None = None
    until: dt.datetime | None = None
    sold_out: frozenset[str] = frozenset()

    @property
    def takes_orders(self) -> bool:
        """Whether orders can be placed."""
        return self.state in {ShopState.OPEN, ShopState.BUSY}

    def at(self, now: dt.datetime) -> ShopStatus:
        """Return the status at `now`: the shop is open once `until` is reached."""
        if self.until is None or now < self.until:
            return self
        return ShopStatus(sold_out=self.sold_out)


@dataclass(frozen=True, slots=True)
class WorkerHeartbeat:
    """A barista at work: how many orders it prepares at once, and until when it was last heard.

    `head` is how far down the line it has come: when the newest ticket was sent that it received
    for the first time. `in_hand` is how many orders it was at work on. The last `prepared` ones
    took it `prep_seconds` each, on average, from its claim until they were ready.
    """

    barista: str
    slots: int
    until: dt.datetime
    head: dt.datetime | None = None
    in_hand: int = 0
    prepared: int = 0
    prep_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CashierHeartbeat:
    """A cashier that has not stopped cleanly: at work at `at`, and maybe no more.

    `unannounced_since` is when the oldest change was made that it could not announce yet.
    """

    cashier: str
    at: dt.datetime
    unannounced_since: dt.datetime | None = None
