"""What `coffeeshop scale` and the supervisor exchange: one line of JSON each way."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shop.scaling.target import MOST_BARISTAS

SOCKET = "scale.sock"
"""The supervisor's control socket, in the state folder."""

LONGEST_LINE = 4096

Count = Annotated[int, Field(ge=0, le=MOST_BARISTAS)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScaleRequest(_Strict):
    """What to set; what is left out stays as it is."""

    least: Count | None = None
    most: Count | None = None
    desired: Count | None = None


class LastChange(_Strict):
    """The last change of the number of baristas, and its reason."""

    at: dt.datetime
    before: int
    after: int
    why: str


class Status(_Strict):
    """The scaling of a shop as it is now; times are in seconds.

    `working` are alive, without those that are leaving; the supervisor keeps it at `desired`.
    `backlog` and `wait` are None while the queue cannot be reached, the floors where nothing is
    scheduled or forecast. `forecast_counts` is whether the forecast is a floor.
    """

    least: int
    most: int
    desired: int
    working: int
    leaving: int
    backlog: int | None
    wait: float | None
    acceptable_wait: float
    prep_seconds: float
    concurrency: int
    schedule_floor: int | None
    forecast_floor: int | None
    forecast_counts: bool
    now: str
    last_change: LastChange | None


class Answer(_Strict):
    """The status, or why there is none."""

    status: Status | None = None
    refusal: str | None = None
