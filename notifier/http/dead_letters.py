"""The routes of deliveries, for staff: how attempts went, and those that were given up on."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from notifier.context import NOTIFIER
from notifier.deliveries.attempts import HOUR, RESULTS
from notifier.deliveries.dead_letters import LoggedDeadLetter
from notifier.http.problems import INVALID_REDRIVE
from shared.clock import Timestamp, utc_now
from shared.domain.change import Changed
from shared.domain.subscription import Channel
from shared.web.body import json_response, read_body, read_query
from shared.web.caller import change_by
from shared.web.fields import Body
from shared.web.operation import Parameter, Response, operation
from shared.web.problem import INVALID_REQUEST, UNAVAILABLE

Limit = Annotated[int, Field(ge=1, le=1000)]


class ListDeadLetters(Body):
    """How many to list."""

    model_config = ConfigDict(strict=False, extra="ignore")

    limit: Limit = 100


class DeadDeliveryModel(BaseModel):
    """A delivery that was given up on, and why."""

    id: str
    reason: str | None
    subscription_id: str | None
    delivery_id: str | None
    topic: str | None
    type: str | None
    attempts: int


class DeadDeliveriesModel(BaseModel):
    """Deliveries that were given up on."""

    dead_letters: list[DeadDeliveryModel]
    total: int


class RedriveDeliveries(Body):
    """Which to attempt again: those of one subscription, or all."""

    subscription_id: Annotated[str, Field(max_length=100)] | None = None


class RedrivenModel(BaseModel):
    """How many are attempted again, how many could not be, and how many were not read yet."""

    redriven: int
    refused: int
    left: int


class ChannelAttemptsModel(BaseModel):
    """What became of the attempts of one channel.

    `failed` ones are made again later, unless they were the last; `refused` ones are not, and
    pause their subscription; `unsent` ones have failed on our side, and do not count.
    """

    channel: Channel
    accepted: int
    failed: int
    refused: int
    unsent: int


class AttemptsModel(BaseModel):
    """The attempts of this notifier in the last hour, or since it started at `since`."""

    since: Timestamp
    channels: list[ChannelAttemptsModel]


@operation(
    "GET",
    "/subscriptions/attempts",
    "Count the attempts to deliver in the last hour",
    responses={HTTPStatus.OK: Response("By channel and result", AttemptsModel)},
    tag="subscriptions",
)
async def count_attempts(request: web.Request) -> web.Response:
    """Count what became of attempts; others than this notifier count their own."""
    attempts = request.app[NOTIFIER].attempts
    sums = attempts.last_hour()
    channels = [
        ChannelAttemptsModel.model_validate(
            {
                "channel": channel,
                **{name: sums.get((channel, name), 0) for name in RESULTS.values()},
            }
        )
        for channel in (Channel.EMAIL, Channel.WEBHOOK)  # to queues, SNS delivers by itself
    ]
    since = max(attempts.since, utc_now() - HOUR)
    return json_response(AttemptsModel(since=since, channels=channels))


@operation(
    "GET",
    "/subscriptions/dead-letters",
    "List the deliveries that were given up on",
    parameters=(Parameter("limit", "query", "How many at most (100 when left out)", Limit),),
    responses={HTTPStatus.OK: Response("Deliveries, and why", DeadDeliveriesModel)},
    errors=(INVALID_REQUEST, UNAVAILABLE),
    tag="subscriptions",
)
async def list_dead_deliveries(request: web.Request) -> web.Response:
    """List deliveries that were given up on."""
    query = read_query(request, ListDeadLetters)
    dead_letters = request.app[NOTIFIER].deliveries.service.dead_letters
    letters, total = await dead_letters.listed(query.limit)
    models = [_model_of(letter) for letter in letters]
    return json_response(DeadDeliveriesModel(dead_letters=models, total=total))


@operation(
    "POST",
    "/subscriptions/dead-letters/redrive",
    "Make deliveries again; subscriptions that were paused are resumed",
    body=RedriveDeliveries,
    responses={HTTPStatus.OK: Response("What became of them", RedrivenModel)},
    errors=(INVALID_REDRIVE, UNAVAILABLE),
    tag="subscriptions",
)
async def redrive_deliveries(request: web.Request) -> web.Response:
    """Redrive the failed deliveries of one subscription, or of all."""
    body = await read_body(request, RedriveDeliveries, INVALID_REDRIVE)
    notifier = request.app[NOTIFIER]
    dead_letters = notifier.deliveries.service.dead_letters
    of = f"subscription {body.subscription_id}" if body.subscription_id else "all subscriptions"
    detail = f"the failed deliveries of {of} are redriven"
    change = change_by(request, utc_now(), Changed.DELIVERIES, detail)
    await notifier.changes.record_change(change)
    result = await dead_letters.redrive(body.subscription_id)
    return json_response(
        RedrivenModel(redriven=result.redriven, refused=result.refused, left=result.left)
    )


def _model_of(letter: LoggedDeadLetter) -> DeadDeliveryModel:
    delivery = letter.delivery
    return DeadDeliveryModel(
        id=letter.dead_letter.id,
        reason=letter.dead_letter.reason,
        subscription_id=delivery.subscription_id if delivery else None,
        delivery_id=delivery.id if delivery else None,
        topic=delivery.topic if delivery else None,
        type=delivery.event_type if delivery else None,
        attempts=delivery.attempts if delivery else 0,
    )


DEAD_LETTER_OPERATIONS = (count_attempts, list_dead_deliveries, redrive_deliveries)
