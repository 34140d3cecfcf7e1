"""The shop as a whole: its state, its queue, who is at work."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field

from producer.context import CASHIER, CashierContext
from producer.http.problems import INVALID_SETTING
from shared.clock import Timestamp, rfc3339
from shared.domain.change import Changed
from shared.domain.errors import FieldError
from shared.domain.shop import CLOSED_BY_HOURS, ShopState
from shared.web.body import json_response, read_body
from shared.web.caller import change_by
from shared.web.fields import Body, PointInTime, PrintableText
from shared.web.operation import Response, Role, operation
from shared.web.problem import UNAVAILABLE, Problem


class SetShop(Body):
    """The state that the shop is to be in, and why, and until when."""

    state: ShopState
    reason: Annotated[PrintableText, Field(max_length=200)] | None = None
    until: PointInTime | None = None


class WaitModel(BaseModel):
    """How long an order placed now would wait, most likely between these two, in seconds."""

    low: int
    high: int


class ShopModel(BaseModel):
    """The shop as everybody may see it.

    Staff have set the state, unless it is `outside_hours`.
    """

    state: ShopState
    reason: str | None
    outside_hours: bool
    until: Timestamp | None
    backlog: int
    wait_seconds: WaitModel
    baristas: int
    timezone: str


@operation(
    "GET",
    "/shop",
    "Show the shop: its state, its queue, who is at work",
    role=Role.ANYONE,
    responses={HTTPStatus.OK: Response("The shop as it is now", ShopModel)},
    errors=(UNAVAILABLE,),
)
async def get_shop(request: web.Request) -> web.Response:
    """Show the shop's state, its backlog, and how many baristas are at work."""
    return json_response(await _show_shop(request.app[CASHIER]))


@operation(
    "PUT",
    "/shop",
    "Open the shop, or close it",
    role=Role.BARISTA,
    body=SetShop,
    responses={HTTPStatus.OK: Response("The shop as it is now", ShopModel)},
    errors=(INVALID_SETTING, UNAVAILABLE),
)
async def set_shop(request: web.Request) -> web.Response:
    """Open the shop, or close it."""
    context = request.app[CASHIER]
    body = await read_body(request, SetShop, INVALID_SETTING)
    if body.until is not None and body.until <= context.clock():
        field_error = FieldError(("until",), "Time should be in the future")
        raise Problem(INVALID_SETTING, "the time is over already", field_errors=[field_error])
    detail = " ".join(
        (
            body.state,
            *(("until", rfc3339(body.until)) if body.until else ()),
            *((f"({body.reason})",) if body.reason else ()),
        )
    )
    change = change_by(request, context.clock(), Changed.SHOP, detail)
    try:
        await context.store.set_state(body.state, body.reason, body.until, change)
    finally:  # also when its answer was lost
        await context.opening_hours.recent.expire()
    return json_response(await _show_shop(context))


async def _show_shop(context: CashierContext) -> ShopModel:
    status, _ = await context.opening_hours.status(context.clock())
    wait = await context.wait_estimator.estimate()
    return ShopModel(
        state=status.state,
        reason=status.reason,
        outside_hours=status.reason == CLOSED_BY_HOURS,
        until=status.until,
        backlog=context.backlog.count,
        wait_seconds=WaitModel(low=wait.low_seconds, high=wait.high_seconds),
        baristas=len(await context.wait_estimator.heartbeats.get()),
        timezone=str(context.opening_hours.timezone),
    )
