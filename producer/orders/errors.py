"""Why the cashier refuses a request, with what the customer needs to know."""

from __future__ import annotations

import datetime as dt


class OrderNotFoundError(Exception):
    """There is no order under that id."""


class KeyReusedError(Exception):
    """The idempotency key belongs to another order than this one."""


class ShopClosedError(Exception):
    """The shop takes no orders now; `until` is when it opens again, if that is known.

    The message names it in its own time zone.
    """

    def __init__(self, state: str, reason: str | None, until: dt.datetime | None) -> None:
        then = f" until {until:%Y-%m-%d %H:%M %Z}" if until else ""
        super().__init__(f"the shop is {state}{then}" + (f": {reason}" if reason else ""))
        self.until = until


class TooBusyError(Exception):
    """The backlog is too long; try again after about `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("the backlog is at its limit")
        self.retry_after = retry_after


class NotInTimeError(Exception):
    """Placing the order took too long. It may be stored; sending it again makes sure of it."""


class NotInThatStateError(Exception):
    """The order's state does not allow this; the message says why."""


class NotCancelableError(NotInThatStateError):
    """The order cannot be canceled any more, or not by its customer."""


class NotCollectableError(NotInThatStateError):
    """The order is not ready."""


class NotCompletableError(NotInThatStateError):
    """The order is not being prepared, or not any more by the attempt that was named."""


class NotReleasableError(NotInThatStateError):
    """The order is not being prepared, or not any more by the attempt that was named."""


class NotRemakableError(NotInThatStateError):
    """The order was never handed out, or too long ago."""
