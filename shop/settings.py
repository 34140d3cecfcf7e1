"""Settings of the whole shop on one machine.

The command line and the documents say *barista*; code says *worker* where it means the process.
"""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_settings import NoDecode

from shared.domain.shop import Hand
from shared.runtime.settings import ServiceSettings
from shop.scaling.forecast import ForecastUse
from shop.scaling.schedule import Schedule, parse_schedule
from shop.scaling.target import MOST_BARISTAS, BaristaRange

LEAST_WATCHDOG_SECONDS, MOST_WATCHDOG_SECONDS = 3, 3600
"""Children report every second; one late report is no failure."""

_RANGE = re.compile(r"\s*(\d{1,4})\s*(?:\.\.\s*(\d{1,4})\s*)?", re.ASCII)


def parse_baristas(text: object) -> object:
    """Read `N` or `MIN..MAX`, each from 0 to 64; raises ValueError that says what was expected."""
    if not isinstance(text, str):
        return text
    match = _RANGE.fullmatch(text)
    if match is None:
        raise ValueError("should be a number, as in 2, or a range, as in 1..4")
    least = int(match[1])
    most = int(match[2] or least)
    if least > most:
        raise ValueError(f"should not begin above its end, as {least}..{most} does")
    if most > MOST_BARISTAS:
        raise ValueError(f"should be {MOST_BARISTAS} at most")
    return BaristaRange(least, most)


def _parse_schedule(text: object) -> object:
    return parse_schedule(text) if isinstance(text, str) else text


def _not_hasty(seconds: int) -> int:
    if seconds != 0 and not LEAST_WATCHDOG_SECONDS <= seconds <= MOST_WATCHDOG_SECONDS:
        raise ValueError(f"should be 0, or {LEAST_WATCHDOG_SECONDS} to {MOST_WATCHDOG_SECONDS}")
    return seconds


class ShopSettings(ServiceSettings):
    """What the supervisor needs to know, besides what every service does."""

    baristas: Annotated[BaristaRange, NoDecode, BeforeValidator(parse_baristas)] = BaristaRange(
        1, 4
    )
    """How many, as in `2`, or a range within which their number follows the backlog."""

    barista_hand: Hand = Hand.SIMULATED
    """Who prepares the orders; where people do, the number of baristas is not scaled."""

    acceptable_wait: Annotated[float, Field(gt=0, le=24 * 3600)] = 60
    """Within how many seconds the baristas should be able to finish the backlog."""

    barista_schedule: Annotated[Schedule, NoDecode, BeforeValidator(_parse_schedule)] = Schedule()
    """The least number of baristas from each time of day on, in the shop's time zone."""

    barista_forecast: ForecastUse = ForecastUse.OFF
    """Whether past days' orders are counted, and whether they make a floor."""

    scaling_tick: Annotated[float, Field(ge=0.1, le=3600)] = 5
    """Seconds between two ticks of the autoscaler."""

    watchdog_seconds: Annotated[int, AfterValidator(_not_hasty)] = 10
    """After how many seconds without a report a child is killed and replaced; 0 is never."""

    photo_workers: Annotated[int, Field(ge=0, le=16)] = 1
    """How many processes look at uploaded photos; with 0 the uploads wait."""

    emulator: bool = True
    """`off` leaves SQS and SNS to AWS itself; an endpoint URL of your own does the same."""

    @property
    def scales(self) -> bool:
        """Whether the number of baristas follows the backlog."""
        return self.barista_hand is not Hand.PEOPLE

    @property
    def first_baristas(self) -> int:
        """How many baristas there are at first; where people work, one at least, if any may be."""
        least, most = self.baristas.least, self.baristas.most
        return least if self.scales else min(max(least, 1), most)

    @property
    def embeds_emulator(self) -> bool:
        """Whether the shop brings its own SQS and SNS."""
        return self.emulator and self.aws_endpoint_url is None

    @model_validator(mode="after")
    def _emulator_is_provisioned(self) -> Self:
        if self.embeds_emulator and not self.provision:
            raise ValueError(
                "COFFEE_PROVISION=off is for queues and topics that a template has deployed, and"
                " the embedded emulator has none: set COFFEE_EMULATOR=off"
            )
        return self

    @model_validator(mode="after")
    def _schedule_fits_the_range(self) -> Self:
        if self.barista_schedule.most > self.baristas.most:
            raise ValueError(
                f"COFFEE_BARISTA_SCHEDULE asks for {self.barista_schedule.most} baristas,"
                f" and COFFEE_BARISTAS allows {self.baristas.most}"
            )
        return self
