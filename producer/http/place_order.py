"""Placing an order: its request, its answer, and the handler between them."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from http import HTTPStatus
from typing import Annotated, Literal

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from producer.context import CASHIER
from producer.http.order_model import OrderModel, show_order_as
from producer.http.problems import INVALID_ORDER, NOT_ON_THE_MENU, SHOP_CLOSED
from producer.orders.cashier import OrderRequest, Placed
from producer.orders.errors import NotInTimeError
from producer.orders.updates import Contact
from shared.domain.errors import FieldError
from shared.domain.mail_address import InvalidAddressError, check_address
from shared.domain.menu import OrderLineRequest
from shared.domain.order import Serve
from shared.domain.subscription import Channel, SubscriptionState
from shared.domain.webhook_url import ForbiddenUrlError
from shared.web.body import json_response, read_body
from shared.web.caller import limited_client
from shared.web.fields import WHOLE, Body, PrintableText, VisibleText
from shared.web.headers import CORRELATION_ID
from shared.web.idempotency import INVALID_KEY, KEY_PARAMETER, KEY_REUSED, idempotency_key
from shared.web.operation import Response, Role, operation
from shared.web.problem import TOO_BUSY, TOO_MANY_REQUESTS, UNAVAILABLE, Problem

EXAMPLE_ORDER: JsonDict = {
    "customer_name": "Ada",
    "items": [
        {
            "item": "latte",
            "size": "large",
            "modifiers": ["oat-milk"],
            "quantity": 2,
            "note": "hot",
        }
    ],
}

_LOCATION = {"Location": "Where the order is"}


def _no_modifier_twice(modifiers: list[str]) -> list[str]:
    if len(set(modifiers)) < len(modifiers):
        raise PydanticCustomError("repeated_modifier", "No modifier should be there twice")
    return modifiers


def _mail_address(text: str) -> str:
    try:
        check_address(text)
    except InvalidAddressError as error:
        raise PydanticCustomError("invalid_address", "{why}", {"why": str(error)}) from None
    return text


class LineRequest(Body):
    """One line of an order to place."""

    item: PrintableText
    size: PrintableText
    modifiers: Annotated[
        list[PrintableText],
        Field(max_length=20, json_schema_extra={"uniqueItems": True}),
        AfterValidator(_no_modifier_twice),
    ] = Field(default=[])
    quantity: Annotated[int, Field(ge=1, le=20), WHOLE]
    note: Annotated[PrintableText, Field(max_length=200)] | None = None

    def requested(self) -> OrderLineRequest:
        """Return what the menu has to have."""
        return OrderLineRequest(self.item, self.size, self.modifiers, self.quantity, self.note)


class NotifyWebhook(Body):
    """The order's events are posted to a URL, signed."""

    channel: Literal["webhook"]
    url: Annotated[str, Field(max_length=2048, json_schema_extra={"format": "uri"})]


class NotifyEmail(Body):
    """The order's events are mailed to an address, once its owner has confirmed that."""

    channel: Literal["email"]
    address: Annotated[
        str, Field(json_schema_extra={"format": "idn-email"}), AfterValidator(_mail_address)
    ]


class PlaceOrder(Body):
    """An order to place."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_ORDER]})

    customer_name: Annotated[VisibleText, Field(max_length=80)]
    items: Annotated[list[LineRequest], Field(min_length=1, max_length=20)]
    serve: Serve | None = Field(default=None, exclude_if=lambda serve: serve is None)
    notify: Annotated[NotifyWebhook | NotifyEmail, Field(discriminator="channel")] | None = Field(
        default=None, exclude_if=lambda notify: notify is None
    )

    def fingerprint(self) -> str:
        """Hash the order; equal orders have equal hashes, however their JSON was written."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class UpdatesModel(BaseModel):
    """The subscription to the order's events; its keys are shown once, when it is new."""

    subscription_id: str
    channel: Channel
    state: SubscriptionState
    manage_token: str | None
    secret: str | None


class PlacedOrderModel(OrderModel):
    """An order that was placed, and the subscription to its events, if one was asked for."""

    notify: UpdatesModel | None = Field(default=None, exclude_if=lambda notify: notify is None)


@operation(
    "POST",
    "/orders",
    "Place an order",
    role=Role.ANYONE,
    body=PlaceOrder,
    parameters=(KEY_PARAMETER,),
    responses={
        HTTPStatus.CREATED: Response("The order is placed", PlacedOrderModel, headers=_LOCATION),
        HTTPStatus.OK: Response(
            "This order was placed before, under the same key",
            PlacedOrderModel,
            headers={**_LOCATION, "Idempotent-Replayed": "true"},
        ),
    },
    errors=(
        INVALID_KEY,
        INVALID_ORDER,
        KEY_REUSED,
        NOT_ON_THE_MENU,
        SHOP_CLOSED,
        TOO_BUSY,
        TOO_MANY_REQUESTS,
        UNAVAILABLE,
    ),
    tag="orders",
)
async def place_order(request: web.Request) -> web.Response:
    """Place an order; 200 instead of 201 when its key has placed it before."""
    context = request.app[CASHIER]
    context.rate_limit.admit(request)
    key = idempotency_key(request)
    body = await read_body(request, PlaceOrder, INVALID_ORDER)
    wanted = OrderRequest(
        customer_name=body.customer_name,
        lines=[line.requested() for line in body.items],
        fingerprint=body.fingerprint(),
        correlation_id=request[CORRELATION_ID],
        idempotency_key=key,
        serve=body.serve,
        contact=_contact(request, body.notify) if body.notify else None,
    )
    try:
        async with asyncio.timeout(context.order_seconds):
            placed = await context.cashier.place(wanted)
    except TimeoutError as error:
        raise NotInTimeError from error
    shown = _show_placed(placed, context.clock())
    headers = {"Location": f"/orders/{placed.order.id}"}
    if placed.created:
        return json_response(shown, HTTPStatus.CREATED, headers)
    return json_response(shown, headers={**headers, "Idempotent-Replayed": "true"})


def _contact(request: web.Request, notify: NotifyWebhook | NotifyEmail) -> Contact:
    client = limited_client(request)
    match notify:
        case NotifyEmail():
            return Contact(Channel.EMAIL, notify.address, client)
        case NotifyWebhook():
            try:
                request.app[CASHIER].webhook_urls.url(notify.url)
            except ForbiddenUrlError as error:
                field_errors = [FieldError(("notify", "url"), str(error))]
                detail = "the body has 1 error(s)"
                raise Problem(INVALID_ORDER, detail, field_errors=field_errors) from None
            return Contact(Channel.WEBHOOK, notify.url, client)


def _show_placed(placed: Placed, now: dt.datetime) -> PlacedOrderModel:
    shown = show_order_as(PlacedOrderModel, placed.order, now)
    if placed.updates is not None:
        subscription, manage_token = placed.updates.subscription, placed.updates.manage_token
        secrets = [signing.secret for signing in subscription.secrets if manage_token]
        shown.notify = UpdatesModel(
            subscription_id=subscription.id,
            channel=subscription.channel,
            state=subscription.state,
            manage_token=manage_token,
            secret=secrets[0] if secrets else None,
        )
    return shown
