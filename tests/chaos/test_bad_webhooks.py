"""Webhooks that never answer, fail, redirect, answer a gibibyte, or lead into a private network."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import psutil
import pytest

from shared.runtime.lifecycle import background_task
from tests.chaos.audience import Notes
from tests.chaos.audience_invariants import audience_violations
from tests.chaos.bad_clients import Memory
from tests.chaos.bad_webhooks import (
    PRIVATE,
    BadWebhook,
    Flood,
    accepting,
    bad_webhook,
    failing,
    redirecting,
    silent,
)
from tests.chaos.names import NameServer
from tests.chaos.newsroom import Newsroom, open_newsroom
from tests.chaos.report import Row
from tests.chaos.run import LONG, RESTS_WITHIN, Run
from tests.chaos.subscribers import (
    AGREES_WITHIN,
    Granted,
    WebhookSubscriber,
    becomes,
    by_webhook,
    shown,
    subscribe,
)
from tests.support.certificates import Certificate
from tests.support.waiting import until
from tests.support.web import AS_STAFF
from tests.support.webhooks import receiver

pytestmark = pytest.mark.timeout(900 if LONG else 150)

TOPIC = "coupons"
GOOD, RATE = 4, 6
PAUSES = (0.5, 1.0)
JITTER = 0.2
"""The fraction by which a pause may be shorter."""

GIVES_UP_SECONDS = 1
"""How long an attempt takes at a webhook that never answers."""

SLOWER_BY, LATER_BY = len(PAUSES) + 1, 0.25
"""The factor, and the seconds more, by which good webhooks may wait longer: a bad one costs so many
attempts on a busy machine, and the emulator polls every 0.1 s."""

MOST_TAKEN = 16 * 2**20
"""Bytes of a gibibyte: what the kernel keeps for both sides of a connection."""

MOST_MEMORY = 40 * 2**20


async def test_bad_webhooks_delay_nobody_else_and_are_paused_and_none_gets_into_a_private_network(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    """The delays are compared with those of a shop with as many good webhooks."""
    issues, names, flood = run.size(20, 450), NameServer(tmp_path), Flood()
    proof = Certificate.of("moving.test", tmp_path).proof
    names.mean(moving="127.0.0.1")
    async with (
        open_newsroom(
            ministack,
            tmp_path,
            COFFEE_RETRY_SECONDS=",".join(map(str, PAUSES)),
            COFFEE_WEBHOOK_SECONDS=str(GIVES_UP_SECONDS),
            SSL_CERT_FILE=str(tmp_path / "moving.test.pem"),
            **names.variables,
        ) as newsroom,
        contextlib.AsyncExitStack() as stack,
    ):
        enter = stack.enter_async_context
        moving = WebhookSubscriber(Notes("moving", frozenset({TOPIC})))
        served = await enter(receiver(moving.answer, proof))
        private = await granted(newsroom, f"https://moving.test:{served.port}/")
        bad = [
            await enter(bad_webhook(newsroom, TOPIC, then))
            for then in (silent, failing, redirecting, flood.answer)
        ]
        paused = [private, *(webhook.granted for webhook in bad)]
        ordinary = await enter(ordinary_newsroom(ministack, tmp_path / "ordinary", len(paused)))
        await good_subscribers(stack, newsroom, GOOD)
        names.mean(moving=PRIVATE)
        memory = Memory(psutil.Process(newsroom.lives[-1].process.pid))
        memory_before = memory.process.memory_info().rss
        async with background_task(memory.watch(), "memory"):
            beside_bad, beside_good = await asyncio.gather(
                delays(newsroom, issues), delays(ordinary, issues)
            )
            for one in paused:
                await becomes(newsroom, one, "paused", RESTS_WITHIN)
        run.note(
            Row(
                fault="webhooks: silent, failing, redirecting, endless, private",
                seed=run.seed,
                orders=len(newsroom.editors.accepted),
                lost=sum(
                    len(notes.missing(newsroom.editors.accepted)) for notes in newsroom.subscribers
                ),
            )
        )
        for part in (0.5, 0.95):
            alike = SLOWER_BY * quantile(beside_good, part) + LATER_BY
            assert quantile(beside_bad, part) <= alike, part
        assert backs_off(bad[1])
        assert 0 < flood.most_taken < MOST_TAKEN
        assert memory.most - memory_before < MOST_MEMORY
        assert moving.notes.received == []
        assert "the address is not public" in (await shown(newsroom, private))["notice"]
        assert names.dialled() == {"127.0.0.1"}
        await until(lambda: all_are_dead_letters(newsroom, issues * len(paused)), RESTS_WITHIN)
        assert await redriven_to_who_is_back(newsroom, bad[0]) == issues
        assert audience_violations(await newsroom.audience()) == []


@contextlib.asynccontextmanager
async def ordinary_newsroom(
    emulator: str, folder: Path, neighbours: int
) -> AsyncIterator[Newsroom]:
    """Open another newsroom, whose subscribers are all good."""
    await asyncio.to_thread(folder.mkdir)
    async with open_newsroom(emulator, folder) as newsroom, contextlib.AsyncExitStack() as stack:
        await good_subscribers(stack, newsroom, GOOD + neighbours)
        yield newsroom


async def good_subscribers(
    stack: contextlib.AsyncExitStack, newsroom: Newsroom, count: int
) -> None:
    """Subscribe so many webhooks that do as they should."""
    for number in range(count):
        notes = Notes(f"good-{number}", frozenset({TOPIC}))
        await stack.enter_async_context(by_webhook(newsroom, notes))


async def granted(newsroom: Newsroom, url: str) -> Granted:
    """Subscribe a webhook that agrees."""
    answer = await subscribe(newsroom, TOPIC, channel="webhook", url=url)
    one = Granted(answer["id"], answer["manage_token"])
    await becomes(newsroom, one, "active", AGREES_WITHIN)
    return one


async def delays(newsroom: Newsroom, issues: int) -> list[float]:
    """Publish, and return the seconds until each good subscriber had received each issue."""
    await newsroom.editors.publish_all([TOPIC] * issues, RATE)
    published = newsroom.editors.accepted

    async def all_received() -> bool:
        return not any(notes.missing(published) for notes in newsroom.subscribers)

    await until(all_received, RESTS_WITHIN)
    asked_at = {issue.id: issue.asked_at for issue in published}
    return [one.at - asked_at[one.key] for notes in newsroom.subscribers for one in notes.received]


def quantile(seconds: list[float], part: float) -> float:
    """Give the least time that this part of them did not exceed."""
    return sorted(seconds)[math.ceil(part * len(seconds)) - 1]


def backs_off(webhook: BadWebhook) -> bool:
    """Whether every pause between attempts was at least as long as configured."""
    return all(
        (pauses := webhook.pauses(attempt)) and min(pauses) >= planned * (1 - JITTER) - 0.05
        for attempt, planned in enumerate(PAUSES, 1)
    )


async def all_are_dead_letters(newsroom: Newsroom, count: int) -> bool:
    """Whether so many deliveries were given up on."""
    async with newsroom.http.get("/subscriptions/dead-letters", headers=AS_STAFF) as response:
        assert response.status == HTTPStatus.OK
        return bool((await response.json())["total"] >= count)


async def redriven_to_who_is_back(newsroom: Newsroom, webhook: BadWebhook) -> int:
    """Make a webhook accept, redrive what it missed, and return how many were redriven."""
    webhook.then, back_at = accepting, time.monotonic()
    address, whose = "/subscriptions/dead-letters/redrive", webhook.granted.id
    async with newsroom.http.post(
        address, json={"subscription_id": whose}, headers=AS_STAFF
    ) as response:
        redriven: int = (await response.json())["redriven"]
    published = {issue.id for issue in newsroom.editors.accepted}

    async def all_received() -> bool:
        return published <= webhook.came_since(back_at)

    await until(all_received, RESTS_WITHIN)
    await becomes(newsroom, webhook.granted, "active", RESTS_WITHIN)
    return redriven
