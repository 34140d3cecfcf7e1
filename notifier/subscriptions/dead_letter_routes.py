"""The routes of deliveries that were given up on, for staff."""

from __future__ import annotations

from aiohttp import web

from notifier.build import NOTIFIER
from notifier.deliveries.dead_letters import Finding
from notifier.problems import INVALID_REDRIVE
from notifier.subscriptions.models import (
    DeadDeliveriesModel,
    DeadDeliveryModel,
    ListDeadLetters,
    RedriveDeliveries,
    RedrivenModel,
)
from shared.web.body import json_response, read_body, read_query


async def list_dead_letters(request: web.Request) -> web.Response:
    """List deliveries that were given up on."""
    query = read_query(request, ListDeadLetters)
    findings, total = await request.app[NOTIFIER].hours.office.undelivered.listed(query.limit)
    shown = [_shown(finding) for finding in findings]
    return json_response(DeadDeliveriesModel(dead_letters=shown, total=total))


async def redrive_dead_letters(request: web.Request) -> web.Response:
    """Make deliveries again, those of one subscription, or all."""
    body = await read_body(request, RedriveDeliveries, INVALID_REDRIVE)
    redriven = await request.app[NOTIFIER].hours.office.undelivered.redrive(body.subscription_id)
    return json_response(
        RedrivenModel(redriven=redriven.redriven, refused=redriven.refused, left=redriven.left)
    )


def _shown(finding: Finding) -> DeadDeliveryModel:
    delivery = finding.delivery
    return DeadDeliveryModel(
        id=finding.letter.id,
        reason=finding.letter.reason,
        subscription_id=delivery.subscription_id if delivery else None,
        delivery_id=delivery.id if delivery else None,
        topic=delivery.topic if delivery else None,
        type=delivery.event_type if delivery else None,
        attempts=delivery.attempts if delivery else 0,
    )
