"""Mail and challenges that nobody answers take no slot that webhooks need."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from tests.support.mailing import answering
from tests.support.notifier import Serving, serving, settings_for
from tests.support.subscribers import endpoint, post_subscription, publish, webhook

MANY = 100
AT_ONCE = 2.0
"""Seconds; an attempt that is never answered takes longer."""


@contextlib.asynccontextmanager
async def tarpit() -> AsyncIterator[tuple[int, asyncio.Event]]:
    """Accept connections and never answer; give the port, and an event that a connection sets."""
    came = asyncio.Event()

    async def never(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        came.set()
        await reader.read()

    async with answering(never) as place:
        yield place.port, came


async def post_many(notifier: Serving, *requests: Mapping[str, Any]) -> None:
    """Post ten at a time: a busy machine answers 503 to all at once."""
    for start in range(0, len(requests), 10):
        some = requests[start : start + 10]
        for answer in await asyncio.gather(
            *(post_subscription(notifier, **wanted) for wanted in some)
        ):
            assert answer.status_code == 201, answer.text


async def test_a_mail_server_that_hangs_delays_no_webhook(ministack: str) -> None:
    async with tarpit() as (port, came), endpoint() as quick:
        settings = settings_for(
            ministack,
            smtp_url=f"smtp://127.0.0.1:{port}",
            mail_from="shop@coffee.example",
            allow_loopback_webhooks=True,
        )
        async with serving(settings) as notifier:
            await webhook(notifier, quick)
            guests = [f"guest-{number}@guests.example" for number in range(MANY)]
            await post_many(notifier, *({"channel": "email", "address": one} for one in guests))
            await came.wait()
            await publish(notifier)
            await quick.receives(1, AT_ONCE)


async def test_challenges_that_nobody_answers_delay_no_webhook(ministack: str) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True)
    async with tarpit() as (port, came), endpoint() as quick, serving(settings) as notifier:
        await webhook(notifier, quick)
        urls = [f"http://127.0.0.1:{port}/{number}" for number in range(MANY)]
        await post_many(notifier, *({"channel": "webhook", "url": one} for one in urls))
        await came.wait()
        await publish(notifier)
        await quick.receives(1, AT_ONCE)
