"""The texts of mail about orders, state by state."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.domain.order import OrderState

ORDER_LINES: Mapping[OrderState, tuple[str, str]] = MappingProxyType(
    {
        OrderState.PLACED: (
            "We have your order {number}",
            "It is in the line, and a barista will start on it soon.",
        ),
        OrderState.PREPARING: (
            "We are preparing order {number}",
            "A barista is at work on it right now.",
        ),
        OrderState.READY: (
            "Order {number} is ready",
            "It waits for you at the counter. Enjoy!",
        ),
        OrderState.COLLECTED: (
            "Order {number} was collected",
            "Thank you for coming by. See you soon!",
        ),
        OrderState.CANCELED: (
            "Order {number} was canceled",
            "Nothing more will happen with it. We hope to see you another time.",
        ),
        OrderState.EXPIRED: (
            "Order {number} was not collected",
            "It waited for a long time, and we had to clear it away.",
        ),
        OrderState.FAILED: (
            "We could not prepare order {number}",
            "We are sorry about that. Please talk to us at the counter.",
        ),
    }
)
"""A title and a line for each state."""

REASON_LINE = "The reason: {reason}."
"""Stands before the line of a canceled order when staff gave a reason."""
