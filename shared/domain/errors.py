"""What can go wrong with an order, as errors that carry what their handlers need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt


class UnavailableError(Exception):
    """A dependency is unavailable; the same call may succeed later."""


class OrderError(Exception):
    """The order does not allow the change."""


class TransitionRefusedError(OrderError):
    """The order's state may not be followed by the requested one."""

    def __init__(self, order_id: str, state: str, to: str) -> None:
        super().__init__(f"an order that is {state} cannot become {to}")
        self.order_id = order_id
        self.state = state
        self.to = to


class ClaimHeldError(OrderError):
    """Another barista's claim on the order is valid for `remaining` more."""

    def __init__(self, order_id: str, remaining: dt.timedelta) -> None:
        super().__init__(f"the order is claimed for {remaining.total_seconds():.0f} s more")
        self.order_id = order_id
        self.remaining = remaining


@dataclass(frozen=True, slots=True)
class FieldError:
    """One error in what was sent; `path` are the names and positions that lead to the field."""

    path: tuple[str | int, ...]
    detail: str


class NotOnTheMenuError(Exception):
    """The order asks for items, sizes or modifiers that the shop does not sell now."""

    def __init__(self, field_errors: tuple[FieldError, ...]) -> None:
        super().__init__("; ".join(error.detail for error in field_errors))
        self.field_errors = field_errors
