"""The route that forgets a customer: names and notes are removed from the orders, for staff."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Self

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from producer.context import CASHIER
from producer.http.orders import Cursor
from producer.http.problems import INVALID_FORGETTING
from producer.orders.forgetting import CustomerForgetter, FoundOrders
from shared.domain.change import Changed
from shared.domain.order import OrderState
from shared.web.body import json_response, read_body
from shared.web.caller import change_by
from shared.web.fields import WHOLE, Body, VisibleText
from shared.web.operation import Response, operation
from shared.web.problem import INVALID_REQUEST, NOT_FOUND, UNAVAILABLE

_WHOSE = ("name", "number", "order_id")


class ForgetCustomer(Body):
    """Whose orders: those of a name, today's order of a number, or one by its id.

    A dry run changes nothing. `cursor` is the `next_cursor` of the answer before.
    """

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [one]} for one in _WHOSE]})

    name: Annotated[VisibleText, Field(max_length=80)] = Field(default_factory=str)
    number: Annotated[int, Field(ge=1, le=999_999), WHOLE] = Field(default_factory=int)
    order_id: Annotated[str, Field(min_length=1, max_length=100)] = Field(default_factory=str)
    dry_run: bool = False
    cursor: Cursor | None = None

    @model_validator(mode="after")
    def _whose(self) -> Self:
        if len(self.model_fields_set.intersection(_WHOSE)) != 1:
            message = "Either a name, a number or an order_id should be given"
            raise PydanticCustomError("whose", message)
        return self


class ForgottenOrder(BaseModel):
    """An order whose customer is forgotten; its contact, if it has one, is `subscription_id`."""

    id: str
    number: str
    state: OrderState
    subscription_id: str


class ForgottenOrders(BaseModel):
    """Some of a customer's orders; `next_cursor` asks for the next ones, which there may be."""

    orders: list[ForgottenOrder]
    next_cursor: str | None


@operation(
    "POST",
    "/customers/forget",
    "Remove a customer's name and notes from the orders",
    body=ForgetCustomer,
    responses={HTTPStatus.OK: Response("The orders that were found", ForgottenOrders)},
    errors=(INVALID_FORGETTING, INVALID_REQUEST, NOT_FOUND, UNAVAILABLE),
    tag="customers",
)
async def forget_customer(request: web.Request) -> web.Response:
    """Forget a customer; the orders themselves stay."""
    body = await read_body(request, ForgetCustomer, INVALID_FORGETTING)
    context, forgetter = request.app[CASHIER], request.app[CASHIER].forgetter
    found = await _find(forgetter, body)
    if not body.dry_run:
        if found.orders:  # recorded first: it cannot be undone
            detail = f"a customer is removed from {len(found.orders)} order(s)"
            change = change_by(request, context.clock(), Changed.CUSTOMERS, detail)
            await context.store.record_change(change)
        await forgetter.forget(found)
    orders = [
        ForgottenOrder(
            id=order.id,
            number=order.number,
            state=order.state,
            subscription_id=forgetter.updates_of(order),
        )
        for order in found.orders
    ]
    return json_response(ForgottenOrders(orders=orders, next_cursor=found.next_cursor))


async def _find(forgetter: CustomerForgetter, body: ForgetCustomer) -> FoundOrders:
    if body.order_id:
        return await forgetter.with_id(body.order_id)
    if body.number:
        return await forgetter.with_number(body.number, body.cursor)
    return await forgetter.with_name(body.name, body.cursor)
