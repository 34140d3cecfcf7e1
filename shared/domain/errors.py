"""What can go wrong with an order, as errors that carry what their handlers need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt


class UnavailableError(Exception):
    """Something that the shop depends on is out of reach; the same may succeed later."""


class OrderError(Exception):
    """The order does not allow what was asked of it."""


class TransitionRefusedError(OrderError):
    """The order's state may not be followed by the one that was asked for."""

    def __init__(self, order_id: str, state: str, to: str) -> None:
        super().__init__(f"an order that is {state} cannot become {to}")
        self.order_id = order_id
        self.state = state
        self.to = to


class ClaimHeldError(OrderError):
    """Another barista's claim on the order still stands, for `remaining` more."""

    def __init__(self, order_id: str, remaining: dt.timedelta) -> None:
        super().__init__(f"the order is claimed for {remaining.total_seconds():.0f} s more")
        self.order_id = order_id
        self.remaining = remaining


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with what was sent: where (a JSON pointer, RFC 6901), and what."""

    pointer: str
    detail: str


class NotOnTheMenuError(Exception):
    """The order asks for items, sizes or modifiers that the shop does not sell now."""

    def __init__(self, faults: tuple[FieldError, ...]) -> None:
        super().__init__("; ".join(fault.detail for fault in faults))
        self.faults = faults
