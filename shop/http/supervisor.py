"""The supervisor over HTTP, for managers: its scaling, and the demonstration.

Only the counter of `make run` has these routes: elsewhere there is no supervisor to ask.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from aiohttp import web

from shared.domain.shop import Hand
from shared.web.body import json_response, read_body
from shared.web.fields import WHOLE, Body
from shared.web.operation import Response, operation
from shared.web.problem import UNAVAILABLE, Problem, ProblemKind
from shared.web.service import Service
from shop.scaling.control_client import NoAnswerError, RequestRefusedError, ask, demonstrate
from shop.scaling.control_messages import (
    Act,
    DemonstrationRequest,
    DemonstrationStatus,
    LoadSize,
    ScaleRequest,
    Status,
)

_STATE_DIR: web.AppKey[Path] = web.AppKey("_STATE_DIR", Path)
_RETRY_SECONDS = 2
_NOTHING = DemonstrationRequest(demonstrate=None)

INVALID_ACT = ProblemKind(
    "invalid-act", HTTPStatus.UNPROCESSABLE_ENTITY, "The body does not say what to do"
)
ACT_REFUSED = ProblemKind("act-refused", HTTPStatus.CONFLICT, "That cannot be done now")


class Demonstrate(Body):
    """What to do to the shop; a load has so many `orders`."""

    act: Act
    orders: Annotated[LoadSize, WHOLE] = 300


@operation(
    "GET",
    "/demonstration",
    "Show the last load and the last faults",
    responses={HTTPStatus.OK: Response("How it goes", DemonstrationStatus)},
    errors=(UNAVAILABLE,),
    documented=False,
)
async def get_demonstration(request: web.Request) -> web.Response:
    """Show how it goes."""
    return json_response(await demonstrate(request.app[_STATE_DIR], _NOTHING))


@operation(
    "POST",
    "/demonstration",
    "Start a load, or do damage",
    body=Demonstrate,
    responses={HTTPStatus.ACCEPTED: Response("It was begun", DemonstrationStatus)},
    errors=(INVALID_ACT, ACT_REFUSED, UNAVAILABLE),
    documented=False,
)
async def start_act(request: web.Request) -> web.Response:
    """Begin what the body names; if that is to kill this process, nobody answers."""
    body = await read_body(request, Demonstrate, INVALID_ACT)
    wanted = DemonstrationRequest(demonstrate=body.act, orders=body.orders)
    status = await demonstrate(request.app[_STATE_DIR], wanted)
    return json_response(status, HTTPStatus.ACCEPTED)


@operation(
    "GET",
    "/operations/scaling",
    "Show the scaling of this machine's shop",
    responses={HTTPStatus.OK: Response("The scaling as it is now", Status)},
    errors=(UNAVAILABLE,),
    documented=False,
)
async def get_scaling(request: web.Request) -> web.Response:
    """Show how many baristas there are, and should be."""
    return json_response(await ask(request.app[_STATE_DIR], ScaleRequest()))


_DEMONSTRATION = (get_demonstration, start_act)


def supervisor_service(state_dir: Path, hand: Hand) -> Service:
    """Describe the routes; the supervisor's socket is in the state folder.

    Where people prepare, there is no demonstration: its orders would be theirs to make.
    """

    async def with_folder(app: web.Application) -> AsyncIterator[None]:
        app[_STATE_DIR] = state_dir
        yield

    return Service(
        operations=(get_scaling, *(() if hand is Hand.PEOPLE else _DEMONSTRATION)),
        problems={NoAnswerError: _no_answer, RequestRefusedError: _refused},
        lifespans=[with_folder],
    )


def _no_answer(error: NoAnswerError) -> Problem:
    return Problem(UNAVAILABLE, str(error), retry_after=_RETRY_SECONDS)


def _refused(error: RequestRefusedError) -> Problem:
    return Problem(ACT_REFUSED, str(error))
