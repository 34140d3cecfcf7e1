"""What the cashier needs to know beyond what every service does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from shared.runtime.settings import WebSettings


class CashierSettings(WebSettings):
    """Settings of the cashier."""

    menu: Path = Path(__file__).with_name("menu.yaml")
    """The menu file."""

    brew_speed: Annotated[float, Field(ge=0)] = 10
    """What preparation times are divided by, for estimates; 0 means no waiting."""

    orders_per_minute: Annotated[int, Field(ge=0)] = 120
    """How many orders one client may try to place in any minute; 0 means unbounded."""

    backlog_limit: Annotated[int, Field(ge=1)] = 5000
    """From how many unfinished tickets on no more orders are taken."""

    order_seconds: Annotated[float, Field(gt=0)] = 8
    """How long placing an order may take, until the customer is told to try again."""
