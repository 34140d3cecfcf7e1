"""The notifier's part of a web application: its routes, its checks, and the live feed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from notifier.asyncapi.operations import NAMES
from notifier.build import NOTIFIER, open_notifier
from notifier.operations import NOTIFIER_OPERATIONS
from notifier.problems import NOTIFIER_PROBLEMS
from notifier.settings import NotifierSettings
from notifier.stream.feed import HUB, INSTANCE_QUEUE, feeding, new_hub
from notifier.stream.hub import TooManyForOneClientError, TooManyStreamsError
from notifier.stream.metrics import StreamMetrics
from notifier.stream.response import TOO_MANY_STREAMS, StreamTimes
from notifier.stream.routes import STREAM_TIMES
from shared.aws.names import Names
from shared.web.keys import BROKER_RESETS, DRAINS, METRICS, OPERATIONS, PROBLEMS, READINESS
from shared.web.problem import TOO_BUSY, Problem

_RETRY_SECONDS = 30
"""How soon to try again when there are too many streams; they are seldom short."""


def setup(app: web.Application, settings: NotifierSettings) -> None:
    """Add the notifier to `app`."""
    broker_reset = asyncio.Event()

    async def notifier(app: web.Application) -> AsyncIterator[None]:
        async with open_notifier(settings, broker_reset) as app[NOTIFIER]:
            yield

    async def live(app: web.Application) -> AsyncIterator[None]:
        async with feeding(app[HUB], settings, app[NOTIFIER].catalog.names) as app[INSTANCE_QUEUE]:
            yield

    async def live_feed_up() -> None:
        await app[INSTANCE_QUEUE].check()

    async def deliveries_up() -> None:
        await app[NOTIFIER].hours.office.check()

    async def drain() -> None:
        await app[NOTIFIER].hours.drain()

    app[NAMES] = Names(settings.name_prefix)
    app[HUB] = new_hub(settings, StreamMetrics(app[METRICS]))
    app[STREAM_TIMES] = StreamTimes(settings.heartbeat_seconds, settings.stalled_seconds)
    app[OPERATIONS].extend(NOTIFIER_OPERATIONS)
    app[READINESS].update({"live feed": live_feed_up, "deliveries": deliveries_up})
    app[BROKER_RESETS].append(broker_reset)
    app[DRAINS].append(drain)
    for error, problem in NOTIFIER_PROBLEMS.items():
        app[PROBLEMS].setdefault(error, problem)
    app[PROBLEMS][TooManyStreamsError] = _too_many_streams
    app[PROBLEMS][TooManyForOneClientError] = _too_many_for_one
    app.cleanup_ctx.extend([notifier, live])
    app.on_shutdown.append(_end_streams)


async def _end_streams(app: web.Application) -> None:
    """End the streams, so that closing the server does not wait for them."""
    await app[HUB].close()


def _too_many_streams(_: TooManyStreamsError) -> Problem:
    detail = "as many streams as we can serve are open"
    return Problem(TOO_BUSY, detail, retry_after=_RETRY_SECONDS)


def _too_many_for_one(_: TooManyForOneClientError) -> Problem:
    detail = "close some of the streams that are open from your address"
    return Problem(TOO_MANY_STREAMS, detail, retry_after=_RETRY_SECONDS)
