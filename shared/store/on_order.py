"""Who is told of each change of an order that a store has recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from shared.domain.order import Order

OnOrder: TypeAlias = Callable[[Order | None, Order], None]
"""Called with an order before and after a change that was recorded; None before it was placed."""


def ignore_order(_: Order | None, __: Order) -> None:
    """Count nothing."""
