"""What the supervisor is asked on its control socket, and answers: one line of JSON each way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shop.scaling.target import MOST_BARISTAS

SOCKET = "scale.sock"
"""The supervisor's control socket, in the state folder."""

LONGEST_LINE = 16_384

Count = Annotated[int, Field(ge=0, le=MOST_BARISTAS)]
LoadSize = Annotated[int, Field(ge=1, le=1000)]


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


class Act(StrEnum):
    """What the demonstration can do to the shop."""

    LOAD = "load"
    KILL_BARISTA = "kill-barista"
    FREEZE_SQS = "freeze-sqs"
    KILL_EVERYTHING = "kill-everything"


class DemonstrationRequest(_Strict):
    """What to do now, a load with so many `orders`; None asks how it goes."""

    demonstrate: Act | None
    orders: LoadSize = 300


class Hit(_Strict):
    """A process that a signal was sent to."""

    name: str
    pid: int
    signal: str


class Fault(_Strict):
    """A fault that was fired, at whom, and what came of it; it is over at `ended_at`.

    At `back_at` all processes ran and answered again, at `worked_at` the next order was begun; None
    where none waited. `unanswered` are probes that failed meanwhile, `replaced_by` the processes
    that run instead; `acknowledged` and `ready` are the orders of the load that were, while it
    lasted.
    """

    act: Act
    fired_at: dt.datetime
    hit: Sequence[Hit]
    back_at: dt.datetime | None = None
    worked_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    replaced_by: Sequence[int] = ()
    unanswered: int = 0
    acknowledged: int = 0
    ready: int = 0


class Evidence(_Strict):
    """What the order store says of the orders that were acknowledged.

    `ready_once` reached ready exactly once by their timelines; `lost` are neither ready nor, as
    their customers were told, canceled or failed. `twice` are customers with more than one order,
    `taken_over` orders that a barista finished after another one was lost.
    """

    acknowledged: int
    found: int
    ready_once: int
    ready_again: int
    closed_otherwise: int
    lost: int
    twice: int
    taken_over: int


class LoadProgress(_Strict):
    """A load: how far it is, and the evidence once all its orders have ended.

    `events_repeated` are announcements that came again, and were dropped.
    """

    orders: int
    began_at: dt.datetime
    ended_at: dt.datetime | None = None
    acknowledged: int = 0
    refused: int = 0
    ready: int = 0
    retries: int = 0
    events: int = 0
    events_repeated: int = 0
    evidence: Evidence | None = None
    failure: str | None = None


class DemonstrationStatus(_Strict):
    """The last load, and the last faults, the newest first."""

    at: dt.datetime
    load: LoadProgress | None
    faults: Sequence[Fault]


class Answer(_Strict):
    """The status that was asked for, or why there is none."""

    status: Status | None = None
    demonstration: DemonstrationStatus | None = None
    refusal: str | None = None
