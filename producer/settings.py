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

    cashier_name: str | None = None
    """Which cashier this is, in each of its lives; made of host and port when left out."""

    visibility_timeout: Annotated[int, Field(ge=3, le=12 * 3600)] = 30
    """The baristas' own: seconds for which a delivery is kept from others."""

    reconcile_seconds: Annotated[float, Field(gt=0, le=3600)] = 5
    """How often to look for what may have been lost."""

    expire_after_seconds: Annotated[float, Field(gt=0)] = 7200
    """For how long a ready order waits to be collected, until it expires."""
