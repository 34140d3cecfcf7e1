"""The day in figures, for the owner: as JSON, or as CSV for spreadsheets."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from aiohttp import hdrs, web
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from producer.context import CASHIER
from producer.http.order_model import TaxModel
from producer.reports.day import DayReport
from producer.reports.reporter import FIRST_DAY, LAST_DAY
from producer.reports.spreadsheet import as_csv
from shared.domain.order import OrderState
from shared.web.body import json_response, read_query
from shared.web.fields import Body
from shared.web.media_types import prefers
from shared.web.operation import Parameter, Response, operation
from shared.web.problem import INVALID_REQUEST, UNAVAILABLE

CSV = "text/csv"

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _day(text: object) -> dt.date:
    try:
        day = dt.date.fromisoformat(str(text)) if _DATE.fullmatch(str(text)) else None
    except ValueError:
        day = None
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        message = "Date should be one that there is, as in 2026-10-25, from 1970 to 9998"
        raise PydanticCustomError("no_such_date", message)
    return day


Day = Annotated[dt.date, BeforeValidator(_day)]
Seconds = Annotated[float, BeforeValidator(lambda milliseconds: milliseconds / 1000)]


class ReportQuery(Body):
    """Which day to report on."""

    model_config = ConfigDict(strict=False, extra="ignore")

    date: Day | None = None


class _Model(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class HourModel(_Model):
    """The orders placed in one hour of the shop's clocks; `begins` has the zone's offset."""

    begins: dt.datetime
    orders: int
    states: Mapping[OrderState, int]


class ItemSalesModel(_Model):
    """How often a size of an item was sold, and what was paid for it, tax included.

    `size_name` is today's on the menu; a size that is gone from it has its id.
    """

    item: str
    size: str
    size_name: str
    name: str
    quantity: int
    revenue: int


class RevenueModel(_Model):
    """What was paid for what was sold, and its tax by rate."""

    net: int
    tax: int
    gross: int
    rates: list[TaxModel]


class WaitsModel(_Model):
    """How long it took from placed to ready; `kept` of the `promised` were ready in time."""

    count: int
    median_seconds: Annotated[Seconds, Field(validation_alias="median")]
    p90_seconds: Annotated[Seconds, Field(validation_alias="p90")]
    promised: int
    kept: int


class CancelModel(_Model):
    """How many orders staff canceled for a reason; null is none, a rare one, or a customer's."""

    reason: str | None
    count: int


class DayReportModel(BaseModel):
    """A business day. Money is in minor units of `currency`.

    Orders that are neither canceled nor failed are `sold`, but for remakes, which were paid for
    before; revenue, items and waits are theirs. A day is `complete` when it has `ended`, until
    orders of it may have been deleted.
    """

    date: dt.date
    timezone: str
    currency: str
    ended: bool
    complete: bool
    orders: int
    sold: int
    remakes: int
    states: Mapping[OrderState, int]
    hours: list[HourModel]
    items: list[ItemSalesModel]
    revenue: RevenueModel
    waits: WaitsModel | None
    cancels: list[CancelModel]


@operation(
    "GET",
    "/reports/day",
    "Report on a business day",
    parameters=(Parameter("date", "query", "The business day; today when left out", Day),),
    responses={
        HTTPStatus.OK: Response("The day in figures", DayReportModel, other_media_types=(CSV,))
    },
    errors=(INVALID_REQUEST, UNAVAILABLE),
    tag="reports",
)
async def get_day_report(request: web.Request) -> web.Response:
    """Sum up a day's orders as they are now."""
    context = request.app[CASHIER]
    day = read_query(request, ReportQuery).date or await context.reporter.today()
    report = await context.reporter.report(day)
    menu = (await context.menu.current()).value
    currency = menu.currency
    headers: dict[str, str] = {hdrs.CACHE_CONTROL: "no-store", hdrs.VARY: hdrs.ACCEPT}
    if prefers(request, CSV, "application/json"):
        name = {hdrs.CONTENT_DISPOSITION: f'attachment; filename="orders-{day}.csv"'}
        return web.Response(text=as_csv(report, currency), content_type=CSV, headers=headers | name)
    model = _model(
        report,
        currency=currency,
        sizes={(item.id, size.id): size.name for item in menu.items for size in item.sizes},
        timezone=str(context.reporter.opening_hours.timezone),
        ended=await context.reporter.has_ended(day),
        is_kept=context.reporter.is_kept(day),
    )
    return json_response(model, headers=headers)


def _model(
    report: DayReport,
    *,
    currency: str,
    sizes: Mapping[tuple[str, str], str],
    timezone: str,
    ended: bool,
    is_kept: bool,
) -> DayReportModel:
    total = report.total
    return DayReportModel(
        date=report.day,
        timezone=timezone,
        currency=currency,
        ended=ended,
        complete=ended and is_kept,
        orders=report.orders,
        sold=report.sold,
        remakes=report.remakes,
        states=report.states,
        hours=[HourModel.model_validate(hour) for hour in report.hours],
        items=[
            ItemSalesModel(**asdict(item), size_name=sizes.get((item.item, item.size), item.size))
            for item in report.items
        ],
        revenue=RevenueModel(
            net=total.net,
            tax=total.tax,
            gross=total.gross,
            rates=[TaxModel.model_validate(rate) for rate in report.rates],
        ),
        waits=report.waits and WaitsModel.model_validate(report.waits),
        cancels=[CancelModel.model_validate(cancel) for cancel in report.cancels],
    )
