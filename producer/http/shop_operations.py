"""How the shop runs: what waits, what happened in the last hour, what each worker does."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from producer.context import CASHIER, CashierContext
from producer.reports.aws_usage import AwsUsage, rates
from producer.reports.last_hour import HourReport
from producer.reports.minutes import spread
from shared.aws.prices import US_EAST_1
from shared.clock import Timestamp
from shared.domain.order import Order, OrderState, is_claimed
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
    """An order in preparation; `attempt` is above 1 if a worker before has lost it.

    It is not `in_hand` once its worker is lost and its claim has expired, until another takes it.
    """

    number: str
    since: Timestamp
    attempt: int
    in_hand: bool


class WorkerModel(_Model):
    """A worker that is alive: its last `prepared` orders took `prep_seconds` each, on average."""

    worker: str
    slots: int
    in_hand: int
    prepared: int
    prep_seconds: float


class AwsModel(BaseModel):
    """Requests to SQS and SNS since then, as AWS bills them, and what they cost at its prices.

    They are those of this process and of the `workers`. `per_order` and `dollars_per_million` are
    for the `ready` orders of that time.
    """

    since: Timestamp
    workers: int
    sqs: int
    sns: int
    ready: int
    per_order: float | None
    dollars_per_million: float | None
    prices: str


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
    aws: AwsModel


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
    usage = await context.aws_usage.usage()
    return json_response(_show(context, in_hand, oldest, workers, hour, usage))


def _show(
    context: CashierContext,
    in_hand: Sequence[Order],
    oldest: Sequence[Order],
    workers: Sequence[WorkerHeartbeat],
    hour: HourReport,
    usage: AwsUsage,
) -> OperationsModel:
    waiting, in_flight = context.backlog.sampled
    now = context.clock()
    return OperationsModel(
        at=now,
        waiting=waiting,
        in_flight=in_flight,
        backlog_limit=context.backlog_limit,
        oldest_placed_at=oldest[0].since if oldest else None,
        in_hand=[
            InHandModel(
                number=one.number,
                since=one.since,
                attempt=one.attempt,
                in_hand=is_claimed(one, now),
            )
            for one in in_hand
        ],
        workers=[WorkerModel.model_validate(one) for one in workers],
        hour=_show_hour(hour),
        aws=_show_aws(usage, hour),
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


def _show_aws(usage: AwsUsage, hour: HourReport) -> AwsModel:
    ready = sum(one.ready is not None and one.ready >= usage.since for one in hour.orders)
    of_each = rates(usage.billed, ready)
    return AwsModel(
        since=usage.since,
        workers=usage.workers,
        sqs=usage.billed.sqs,
        sns=usage.billed.sns,
        ready=ready,
        per_order=of_each and of_each.requests_per_order,
        dollars_per_million=of_each and of_each.dollars_per_million,
        prices=f"{US_EAST_1.region}, {US_EAST_1.as_of.partition(' (')[0]}",
    )
