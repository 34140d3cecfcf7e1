"""Why the cashier does not do what was asked, with what the customer needs to know."""

from __future__ import annotations

import datetime as dt

from shared.domain.order import OrderState


class OrderNotFoundError(Exception):
    """There is no order under that id."""


class DeadLetterNotFoundError(Exception):
    """There is no dead letter under that id."""


class DeadLettersLeftError(Exception):
    """It is not among the dead letters that were looked at; but there are `left` others."""

    def __init__(self, left: int) -> None:
        super().__init__(f"{left} dead letters could not be looked at; try again")


class KeyReusedError(Exception):
    """The idempotency key belongs to another order than this one."""


class ShopClosedError(Exception):
    """The shop takes no orders now; `until` says until when, where that is known."""

    def __init__(self, state: str, reason: str | None, until: dt.datetime | None) -> None:
        super().__init__(f"the shop is {state}" + (f": {reason}" if reason else ""))
        self.until = until


class TooBusyError(Exception):
    """The line is too long; `retry_after` (seconds) is about when it will be shorter."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("the line is too long right now")
        self.retry_after = retry_after


class NotInTimeError(Exception):
    """Placing the order took too long; it may be placed, and counts only when it is sent again."""


class NotInThatStateError(Exception):
    """The order is in a state in which this cannot be done."""

    def __init__(self, state: OrderState, wanted: OrderState) -> None:
        super().__init__(f"the order is {state}; only one that is {wanted} can be")
        self.state = state
        self.wanted = wanted
