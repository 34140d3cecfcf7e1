"""What the cashier needs to know beyond what every service does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from shared.runtime.settings import ServiceSettings


class CashierSettings(ServiceSettings):
    """Settings of the cashier."""

    staff_key: Annotated[str, StringConstraints(min_length=8)] | None = Field(
        default=None, repr=False
    )
    """Opens the staff routes; made and kept in the state folder when left out."""

    menu: Path = Path(__file__).with_name("menu.yaml")
    """The menu file."""

    brew_speed: Annotated[float, Field(ge=0)] = 10
    """What preparation times are divided by, for estimates; 0 means no waiting."""

    orders_per_minute: Annotated[int, Field(ge=0)] = 120
    """How many orders one client may try to place in any minute; 0 means unbounded."""

    backlog_limit: Annotated[int, Field(ge=1)] = 5000
    """From how many unfinished tickets on no more orders are taken."""
