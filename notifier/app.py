"""The notifier as a service: its routes, its checks, and what is behind them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from notifier.asyncapi.operations import NAMES
from notifier.build import NOTIFIER, build_notifier
from notifier.operations import NOTIFIER_OPERATIONS
from notifier.problems import NOTIFIER_PROBLEMS
from notifier.settings import NotifierSettings
from notifier.stream.feed import HUB, INSTANCE_QUEUE, feeding, new_hub
from notifier.stream.hub import StreamMetrics, TooManyForOneClientError, TooManyStreamsError
from notifier.stream.response import TOO_MANY_STREAMS, StreamTimes
from notifier.stream.routes import STREAM_TIMES
from shared.aws.names import Names
from shared.web.health import METRICS
from shared.web.problem import TOO_BUSY, Problem
from shared.web.service import Service

_RETRY_SECONDS = 30
"""How soon to try again when there are too many streams; they are seldom short."""


def notifier_service(settings: NotifierSettings) -> Service:
    """Describe the notifier."""
    broker_reset = asyncio.Event()

    async def notifier(app: web.Application) -> AsyncIterator[None]:
        app[NAMES] = Names(settings.name_prefix)
        app[STREAM_TIMES] = StreamTimes(settings.heartbeat_seconds, settings.stalled_seconds)
        async with build_notifier(settings, broker_reset) as app[NOTIFIER]:
            yield

    async def live(app: web.Application) -> AsyncIterator[None]:
        app[HUB] = hub = new_hub(settings, StreamMetrics(app[METRICS]))
        async with feeding(hub, settings, app[NOTIFIER].catalog.names) as app[INSTANCE_QUEUE]:
            yield

    return Service(
        operations=NOTIFIER_OPERATIONS,
        problems={
            **NOTIFIER_PROBLEMS,
            TooManyStreamsError: _too_many_streams,
            TooManyForOneClientError: _too_many_for_one,
        },
        readiness={
            "live feed": lambda app: app[INSTANCE_QUEUE].check(),
            "deliveries": _deliveries_up,
        },
        lifespans=[notifier, live],
        drains=[lambda app: app[NOTIFIER].hours.drain()],
        shutdowns=[_end_streams],
        broker_resets=[broker_reset],
    )


async def _deliveries_up(app: web.Application) -> None:
    await app[NOTIFIER].hours.office.check()


async def _end_streams(app: web.Application) -> None:
    """End the streams, so that closing the server does not wait for them."""
    await app[HUB].close()


def _too_many_streams(_: TooManyStreamsError) -> Problem:
    detail = "as many streams as we can serve are open"
    return Problem(TOO_BUSY, detail, retry_after=_RETRY_SECONDS)


def _too_many_for_one(_: TooManyForOneClientError) -> Problem:
    detail = "close some of the streams that are open from your address"
    return Problem(TOO_MANY_STREAMS, detail, retry_after=_RETRY_SECONDS)
