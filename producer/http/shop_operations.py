"""How the shop runs: what waits, what happened in the last hour, what each worker does."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from producer.context import CASHIER, CashierContext
from producer.reports.last_hour import HourReport
from producer.reports.minutes import spread
from shared.clock import Timestamp
from shared.domain.order import Order, OrderState
from shared.domain.shop import WorkerHeartbeat
from shared.web.body import json_response
from shared.web.operation import Response, operation
from shared.web.problem import UNAVAILABLE

_MOST_IN_HAND = 12


class _Model(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class SpreadModel(_Model):
    """Within how many seconds half of the orders were done, and 95 % of them."""

    p50: float
    p95: float


class MinuteModel(_Model):
    """One minute: `wait` until preparation began, `prep` and `total` of what became ready in it."""

    at: Timestamp
    placed: int
    ready: int
    failed: int
    wait: SpreadModel | None
    prep: SpreadModel | None
    total: SpreadModel | None


class HourModel(BaseModel):
    """The last hour; the last of its minutes is not over. `is_whole`: no order was left out."""

    minutes: list[MinuteModel]
    placed: int
    ready: int
    failed: int
    total: SpreadModel | None
    last_ready_at: Timestamp | None
    is_whole: bool


class InHandModel(BaseModel):
    """An order in preparation; `attempt` is above 1 if a worker before has lost it."""

    number: str
    since: Timestamp
    attempt: int


class WorkerModel(_Model):
    """A worker that is alive: its last `prepared` orders took `prep_seconds` each, on average."""

    worker: str
    slots: int
    in_hand: int
    prepared: int
    prep_seconds: float


class OperationsModel(BaseModel):
    """The shop at one moment, and its last hour; tickets are counted by SQS, about."""

    at: Timestamp
    waiting: int
    in_flight: int
    backlog_limit: int
    oldest_placed_at: Timestamp | None
    in_hand: list[InHandModel]
    workers: list[WorkerModel]
    hour: HourModel


@operation(
    "GET",
    "/operations",
    "Show how the shop runs: its queue, its last hour, its workers",
    responses={HTTPStatus.OK: Response("The shop as it runs now", OperationsModel)},
    errors=(UNAVAILABLE,),
    tag="staff",
)
async def get_operations(request: web.Request) -> web.Response:
    """Show what waits and what the workers do, and sum up the last hour."""
    context = request.app[CASHIER]
    in_hand = await context.store.open_orders(
        {OrderState.PREPARING}, _MOST_IN_HAND, oldest_first=True
    )
    oldest = await context.store.open_orders({OrderState.PLACED}, 1, oldest_first=True)
    workers = await context.wait_estimator.heartbeats.get()
    hour = await context.last_hour.report()
    return json_response(_show(context, in_hand, oldest, workers, hour))


def _show(
    context: CashierContext,
    in_hand: Sequence[Order],
    oldest: Sequence[Order],
    workers: Sequence[WorkerHeartbeat],
    hour: HourReport,
) -> OperationsModel:
    waiting, in_flight = context.backlog.sampled
    return OperationsModel(
        at=context.clock(),
        waiting=waiting,
        in_flight=in_flight,
        backlog_limit=context.backlog_limit,
        oldest_placed_at=oldest[0].since if oldest else None,
        in_hand=[
            InHandModel(number=one.number, since=one.since, attempt=one.attempt) for one in in_hand
        ],
        workers=[WorkerModel.model_validate(one) for one in workers],
        hour=_show_hour(hour),
    )


def _show_hour(hour: HourReport) -> HourModel:
    first = hour.minutes[0].at
    ready = [
        (one.ready, (one.ready - one.placed).total_seconds())
        for one in hour.orders
        if one.ready and one.ready >= first
    ]
    total = spread(seconds for _, seconds in ready)
    return HourModel(
        minutes=[MinuteModel.model_validate(minute) for minute in hour.minutes],
        placed=sum(minute.placed for minute in hour.minutes),
        ready=len(ready),
        failed=sum(minute.failed for minute in hour.minutes),
        total=SpreadModel.model_validate(total) if total else None,
        last_ready_at=max((at for at, _ in ready), default=None),
        is_whole=hour.is_whole,
    )
