"""The cashier's settings, beyond those of every web service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from shared.domain.shop import Hand
from shared.runtime.setting_types import LONGEST_SECONDS, BrewSpeed, HttpUrl, LocalPath
from shared.runtime.settings import WebSettings


class CashierSettings(WebSettings):
    """Settings of the cashier."""

    menu: LocalPath = Path(__file__).with_name("menu.yaml")
    """The menu file."""

    opening_photos: bool = True
    """Whether items of the menu that never had a photo get the one that comes with the shop."""

    brew_speed: BrewSpeed = 10
    """Divides preparation times, for estimates; 0 means that preparing takes no time."""

    barista_hand: Hand = Hand.SIMULATED
    """Who prepares the orders; people take as long as the menu says, whatever the brew speed."""

    photos_url: HttpUrl | None = None
    """Where the photos on the menu are: the base of their addresses, CloudFront's or the bucket's;
    the shop itself serves them when left out."""

    orders_per_minute: Annotated[int, Field(ge=0, le=1_000_000)] = 120
    """How many orders one client may try to place in any minute; 0 means unbounded."""

    backlog_limit: Annotated[int, Field(ge=1, le=1_000_000_000)] = 5000
    """No orders are taken while this many tickets are unfinished."""

    order_seconds: Annotated[float, Field(gt=0, le=300)] = 8
    """How long placing an order may take; then the customer gets a 503, and can try again."""

    cashier_name: str | None = None
    """This cashier's name, the same after each restart; host and port when left out."""

    visibility_timeout: Annotated[int, Field(ge=3, le=12 * 3600)] = 30
    """The workers' setting: seconds for which a received ticket is hidden from others."""

    reconcile_seconds: Annotated[float, Field(gt=0, le=3600)] = 5
    """How often to search for lost tickets, unannounced changes and dead letters."""

    republish_per_second: Annotated[float, Field(gt=0, le=100_000)] = 200
    """How many announcements of a killed cashier to repeat in a second."""

    remake_seconds: Annotated[float, Field(gt=0, le=LONGEST_SECONDS)] = 7200
    """How long after it was ready an order can be remade."""

    expire_after_seconds: Annotated[float, Field(gt=0, le=LONGEST_SECONDS)] = 7200
    """How long a ready order waits to be collected before it expires."""
