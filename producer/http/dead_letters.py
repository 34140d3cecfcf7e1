"""Dead letters for staff: listed, shown, redriven, purged."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Self

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from producer.context import CASHIER
from producer.dead_letters.service import InspectedDeadLetter
from producer.http.problems import INVALID_REDRIVE
from shared.aws.dead_letters import MAX_LEASED
from shared.domain.change import Changed
from shared.domain.order import OrderState
from shared.web.body import json_response, read_body, read_query
from shared.web.caller import change_by
from shared.web.fields import WHOLE, Body
from shared.web.operation import Parameter, Response, operation
from shared.web.problem import INVALID_REQUEST, NOT_FOUND, UNAVAILABLE

MOST_LISTED = 1000

_WHAT = Changed.DEAD_LETTERS
"""Recorded before it is done: SQS cannot take it back."""

_EXCERPT = 200
"""How many characters of a body the list shows."""


class ListDeadLetters(Body):
    """Which dead letters to list."""

    model_config = ConfigDict(strict=False)

    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 100


class PurgeDeadLetters(Body):
    """Which dead letters to delete: those whose ids are named, separated by commas, or all."""

    ids: Annotated[str, Field(min_length=1, max_length=6000)] | None = None


class RedriveDeadLetters(Body):
    """Which dead letters to redrive: those of some ids, or all. A dry run changes nothing.

    With `limit`, no more than so many are redriven.
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["ids"]}, {"required": ["all"]}]}
    )

    ids: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        default_factory=list, min_length=1, max_length=100
    )
    all: bool = Field(default_factory=bool, json_schema_extra={"const": True})
    limit: Annotated[int, Field(ge=1, le=MAX_LEASED), WHOLE] = MOST_LISTED
    dry_run: bool = False

    @model_validator(mode="after")
    def _ids_or_all(self) -> Self:
        if self.all is bool(self.ids) or self.model_fields_set >= {"all", "ids"}:
            message = 'Either ids should be given, or "all" as true'
            raise PydanticCustomError("ids_or_all", message)
        return self


class DeadLetterModel(BaseModel):
    """A ticket that was given up on, and its order as it is now, where there is one."""

    id: str
    reason: str
    age_seconds: Annotated[int, Field(description="since it was sent, or was given up on")]
    attempts: Annotated[int, Field(description="how often it was received before")]
    order_id: str | None
    order_number: str | None
    order_state: OrderState | None
    body_excerpt: str


class DeadLetterDetail(DeadLetterModel):
    """A dead letter with its body, of which there are 10,000 characters at most."""

    body: str


class DeadLetterList(BaseModel):
    """Some dead letters, the oldest of them first, and how many there are in all, about."""

    dead_letters: list[DeadLetterModel]
    total: int


class RefusedModel(BaseModel):
    """A dead letter that cannot be redriven, and why."""

    id: str
    reason: str


class RedriveModel(BaseModel):
    """What became of the dead letters, or would in a dry run; `left` were not inspected."""

    dry_run: bool
    redriven: list[str]
    refused: list[RefusedModel]
    left: int


class PurgeModel(BaseModel):
    """How many dead letters there were, about; of those that were named, how many are deleted."""

    purged: int


@operation(
    "GET",
    "/dead-letters",
    "List tickets that were given up on",
    parameters=(
        Parameter(
            "limit",
            "query",
            "How many at most (100 when left out)",
            Annotated[int, Field(ge=1, le=MOST_LISTED)],
        ),
    ),
    responses={HTTPStatus.OK: Response("Dead letters", DeadLetterList)},
    errors=(INVALID_REQUEST, UNAVAILABLE),
    tag="dead letters",
)
async def list_dead_letters(request: web.Request) -> web.Response:
    """List dead letters."""
    service = request.app[CASHIER].dead_letters
    query = read_query(request, ListDeadLetters)
    findings = await service.listed(query.limit)
    shown = [_show(finding) for finding in findings]
    return json_response(
        DeadLetterList(dead_letters=shown, total=max(len(shown), await service.count()))
    )


@operation(
    "GET",
    "/dead-letters/{id:[0-9a-f-]+}",  # which is not `redrive`
    "Show a dead letter with its body",
    parameters=(
        Parameter(
            "id",
            "path",
            "The dead letter's id",
            Annotated[str, Field(pattern=r"^[0-9a-f-]+$")],
            required=True,
        ),
    ),
    responses={HTTPStatus.OK: Response("The dead letter", DeadLetterDetail)},
    errors=(NOT_FOUND, UNAVAILABLE),
    tag="dead letters",
)
async def get_dead_letter(request: web.Request) -> web.Response:
    """Show one dead letter with its body."""
    finding = await request.app[CASHIER].dead_letters.find(request.match_info["id"])
    shown = _show(finding).model_dump()
    return json_response(DeadLetterDetail(**shown, body=finding.letter.body))


@operation(
    "POST",
    "/dead-letters/redrive",
    "Place the orders of dead letters anew, and give them fresh tickets",
    body=RedriveDeadLetters,
    responses={HTTPStatus.OK: Response("What became of each dead letter", RedriveModel)},
    errors=(INVALID_REDRIVE, UNAVAILABLE),
    tag="dead letters",
)
async def redrive_dead_letters(request: web.Request) -> web.Response:
    """Give orders another chance."""
    body = await read_body(request, RedriveDeadLetters, INVALID_REDRIVE)
    ids = None if body.all else frozenset(body.ids)
    context = request.app[CASHIER]
    if not body.dry_run:
        which = f"up to {body.limit}" if ids is None else str(len(ids))
        detail = f"{which} dead letters are redriven"
        await context.store.record_change(change_by(request, context.clock(), _WHAT, detail))
    redrive = await context.redriver.redrive(ids, body.limit, dry_run=body.dry_run)
    return json_response(
        RedriveModel(
            dry_run=body.dry_run,
            redriven=list(redrive.redriven),
            refused=[RefusedModel(id=one.id, reason=one.reason) for one in redrive.refused],
            left=redrive.left,
        )
    )


@operation(
    "DELETE",
    "/dead-letters",
    "Delete dead letters for good: all, or some",
    parameters=(
        Parameter(
            "ids",
            "query",
            "Which to delete, separated by commas (all when left out)",
            Annotated[str, Field(min_length=1, max_length=6000)],
        ),
    ),
    responses={HTTPStatus.OK: Response("How many there were", PurgeModel)},
    errors=(INVALID_REQUEST, UNAVAILABLE),
    tag="dead letters",
)
async def purge_dead_letters(request: web.Request) -> web.Response:
    """Delete all dead letters, or those that are named: then none that came since."""
    context, query = request.app[CASHIER], read_query(request, PurgeDeadLetters)
    ids = None if query.ids is None else frozenset(query.ids.split(","))
    detail = f"{'all' if ids is None else len(ids)} dead letters are deleted"
    await context.store.record_change(change_by(request, context.clock(), _WHAT, detail))
    service = context.dead_letters
    purged = await (service.purge() if ids is None else service.discard(ids))
    return json_response(PurgeModel(purged=purged))


def _show(finding: InspectedDeadLetter) -> DeadLetterModel:
    order = finding.order
    return DeadLetterModel(
        id=finding.letter.id,
        reason=finding.reason,
        age_seconds=int(finding.age_seconds),
        attempts=finding.letter.attempts,
        order_id=finding.order_id,
        order_number=order.number if order else None,
        order_state=order.state if order else None,
        body_excerpt=finding.letter.body[:_EXCERPT],
    )
