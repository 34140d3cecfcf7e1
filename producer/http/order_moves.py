"""What is done with an order: canceled, completed, released, collected, remade."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import Field

from producer.context import CASHIER
from producer.http.order_model import OrderModel, Station, show_order
from producer.http.orders import ORDER_ID
from producer.http.problems import (
    INVALID_MOVE,
    NOT_CANCELABLE,
    NOT_COLLECTABLE,
    NOT_COMPLETABLE,
    NOT_RELEASABLE,
    NOT_REMAKABLE,
)
from producer.orders.remaker import RemakeRequest
from shared.domain.order import Order
from shared.web.body import json_response, read_body, read_body_if_sent
from shared.web.caller import require_staff, shown_key
from shared.web.fields import WHOLE, Body, VisibleText
from shared.web.headers import CORRELATION_ID
from shared.web.idempotency import INVALID_KEY, KEY_PARAMETER, KEY_REUSED, idempotency_key
from shared.web.operation import Response, Role, operation
from shared.web.problem import NOT_FOUND, UNAUTHORIZED, UNAVAILABLE

Attempt = Annotated[int, Field(ge=1, le=1_000_000_000), WHOLE]


_LARGEST_BODY = 4 * 1024
"""Bytes: a reason and its escapes; whoever has an order's id may send this."""


class CancelOrder(Body):
    """Why an order is canceled; its customer is told."""

    reason: Annotated[VisibleText, Field(max_length=200)] | None = None


class CompleteOrder(Body):
    """Whose work is done: the attempt of the order that the barista was shown.

    The shop has one station, which has each order as a whole.
    """

    attempt: Attempt
    station: Station | None = None


class ReleaseOrder(Body):
    """Which attempt gives the order back; whichever has it, when left out."""

    attempt: Attempt | None = None


@operation(
    "POST",
    "/orders/{id}/cancel",
    "Cancel an order: anybody who has its id before it is begun, staff until it is collected",
    role=Role.HOLDER,
    body=CancelOrder,
    body_required=False,
    body_bytes=_LARGEST_BODY,
    parameters=(ORDER_ID,),
    responses={HTTPStatus.OK: Response("The order is canceled", OrderModel)},
    errors=(NOT_FOUND, NOT_CANCELABLE, INVALID_MOVE, UNAUTHORIZED, UNAVAILABLE),
    tag="orders",
)
async def cancel_order(request: web.Request) -> web.Response:
    """Cancel an order."""
    by = staff_name(request)
    body = await read_body_if_sent(request, CancelOrder, INVALID_MOVE)
    moves = request.app[CASHIER].moves
    return _shown(request, await moves.cancel(request.match_info["id"], by, body.reason))


@operation(
    "POST",
    "/orders/{id}/complete",
    "Say that the drinks of an order are made",
    role=Role.BARISTA,
    body=CompleteOrder,
    body_bytes=_LARGEST_BODY,
    parameters=(ORDER_ID,),
    responses={HTTPStatus.OK: Response("The order is ready", OrderModel)},
    errors=(NOT_FOUND, NOT_COMPLETABLE, INVALID_MOVE, UNAVAILABLE),
    tag="orders",
)
async def complete_order(request: web.Request) -> web.Response:
    """Record that an attempt has finished its order."""
    body = await read_body(request, CompleteOrder, INVALID_MOVE)
    moves, by = request.app[CASHIER].moves, staff_name(request)
    return _shown(request, await moves.complete(request.match_info["id"], body.attempt, by))


@operation(
    "POST",
    "/orders/{id}/release",
    "Put an order that is being prepared back in line",
    role=Role.BARISTA,
    body=ReleaseOrder,
    body_required=False,
    body_bytes=_LARGEST_BODY,
    parameters=(ORDER_ID,),
    responses={HTTPStatus.OK: Response("The order is in line again", OrderModel)},
    errors=(NOT_FOUND, NOT_RELEASABLE, INVALID_MOVE, UNAVAILABLE),
    tag="orders",
)
async def release_order(request: web.Request) -> web.Response:
    """Put an order back in line."""
    body = await read_body_if_sent(request, ReleaseOrder, INVALID_MOVE)
    moves, by = request.app[CASHIER].moves, staff_name(request)
    return _shown(request, await moves.release(request.match_info["id"], body.attempt, by))


@operation(
    "POST",
    "/orders/{id}/collect",
    "Hand a ready order to its customer",
    role=Role.BARISTA,
    parameters=(ORDER_ID,),
    responses={HTTPStatus.OK: Response("The order is collected", OrderModel)},
    errors=(NOT_FOUND, NOT_COLLECTABLE, UNAVAILABLE),
    tag="orders",
)
async def collect_order(request: web.Request) -> web.Response:
    """Record that a customer has collected a ready order."""
    moves = request.app[CASHIER].moves
    return _shown(request, await moves.collect(request.match_info["id"], staff_name(request)))


@operation(
    "POST",
    "/orders/{id}/call",
    "Call the customer of a ready order again, at most every ten seconds",
    role=Role.BARISTA,
    parameters=(ORDER_ID,),
    responses={HTTPStatus.OK: Response("Boards and the customer's page call it", OrderModel)},
    errors=(NOT_FOUND, NOT_COLLECTABLE, UNAVAILABLE),
    tag="orders",
)
async def call_order(request: web.Request) -> web.Response:
    """Announce a ready order once more."""
    return _shown(request, await request.app[CASHIER].moves.call(request.match_info["id"]))


@operation(
    "POST",
    "/orders/{id}/remake",
    "Make an order again, free of charge",
    role=Role.BARISTA,
    parameters=(ORDER_ID, KEY_PARAMETER),
    responses={
        HTTPStatus.CREATED: Response(
            "The new order is placed", OrderModel, headers={"Location": "Where the new order is"}
        ),
        HTTPStatus.OK: Response(
            "It was placed before, under the same key",
            OrderModel,
            headers={"Location": "Where the new order is", "Idempotent-Replayed": "true"},
        ),
    },
    errors=(NOT_FOUND, NOT_REMAKABLE, INVALID_KEY, KEY_REUSED, UNAVAILABLE),
    tag="orders",
)
async def remake_order(request: web.Request) -> web.Response:
    """Place a copy of an order; 200 instead of 201 when its key has placed it before."""
    context = request.app[CASHIER]
    placement = await context.remaker.remake(
        RemakeRequest(
            order_id=request.match_info["id"],
            correlation_id=request[CORRELATION_ID],
            by=staff_name(request),
            idempotency_key=idempotency_key(request),
        )
    )
    shown = show_order(placement.order, context.clock())
    headers = {"Location": f"/orders/{placement.order.id}"}
    if placement.created:
        return json_response(shown, HTTPStatus.CREATED, headers)
    return json_response(shown, headers={**headers, "Idempotent-Replayed": "true"})


def staff_name(request: web.Request) -> str | None:
    """Return the name of the caller's staff key; None for a customer, who shows none.

    Raises a Problem of kind UNAUTHORIZED when a key is shown that is nobody's.
    """
    return None if shown_key(request) is None else require_staff(request).name


def _shown(request: web.Request, order: Order) -> web.Response:
    return json_response(show_order(order, request.app[CASHIER].clock()))
