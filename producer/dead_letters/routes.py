"""The routes of dead letters: listed, shown, redriven, purged. All are staff's."""

from __future__ import annotations

from aiohttp import web

from producer.build import CASHIER
from producer.dead_letters.models import (
    DeadLetterDetail,
    DeadLetterList,
    DeadLetterModel,
    ListDeadLetters,
    PurgeModel,
    RedriveDeadLetters,
    RedriveModel,
    RefusedModel,
)
from producer.dead_letters.service import Finding
from producer.problems import INVALID_REDRIVE
from shared.web.body import json_response, read_body, read_query

_EXCERPT = 200


async def list_dead_letters(request: web.Request) -> web.Response:
    """List dead letters."""
    desk = request.app[CASHIER].dead_letters
    query = read_query(request, ListDeadLetters)
    findings = await desk.listed(query.limit)
    shown = [_show(finding) for finding in findings]
    return json_response(
        DeadLetterList(dead_letters=shown, total=max(len(shown), await desk.count()))
    )


async def get_dead_letter(request: web.Request) -> web.Response:
    """Show one dead letter with its body."""
    finding = await request.app[CASHIER].dead_letters.find(request.match_info["id"])
    shown = _show(finding).model_dump()
    return json_response(DeadLetterDetail(**shown, body=finding.letter.body))


async def redrive_dead_letters(request: web.Request) -> web.Response:
    """Give orders another chance."""
    body = await read_body(request, RedriveDeadLetters, INVALID_REDRIVE)
    ids = None if body.all else frozenset(body.ids)
    redrive = await request.app[CASHIER].redriver.redrive(ids, body.limit, dry_run=body.dry_run)
    refused = [RefusedModel(id=letter.id, reason=letter.reason) for letter in redrive.refused]
    return json_response(
        RedriveModel(
            dry_run=body.dry_run,
            redriven=list(redrive.redriven),
            refused=refused,
            left=redrive.left,
        )
    )


async def purge_dead_letters(request: web.Request) -> web.Response:
    """Delete all dead letters."""
    return json_response(PurgeModel(purged=await request.app[CASHIER].dead_letters.purge()))


def _show(finding: Finding) -> DeadLetterModel:
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
