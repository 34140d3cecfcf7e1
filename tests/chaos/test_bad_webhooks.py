"""Webhooks that are slow, fail, redirect, answer a gibibyte, or lead into a private network."""

from __future__ import annotations

import contextlib
import statistics
from http import HTTPStatus
from pathlib import Path

import psutil
import pytest

from shared.runtime.lifecycle import running
from tests.chaos.audience import Notes
from tests.chaos.audience_invariants import audience_violations
from tests.chaos.bad_clients import Memory
from tests.chaos.bad_webhooks import (
    PRIVATE,
    BadWebhook,
    Flood,
    bad_webhook,
    failing,
    redirecting,
    slow,
)
from tests.chaos.names import NameServer
from tests.chaos.newsroom import Newsroom, open_newsroom
from tests.chaos.report import Row
from tests.chaos.run import LONG, Run
from tests.chaos.subscribers import (
    AGREES_WITHIN,
    Granted,
    WebhookSubscriber,
    becomes,
    by_webhook,
    shown,
    subscribe,
)
from tests.chaos.waiting import until
from tests.support.certificates import Certificate
from tests.support.web import AS_STAFF
from tests.support.webhooks import receiver

pytestmark = pytest.mark.timeout(900 if LONG else 120)

TOPIC = "coupons"
GOOD, RATE = 4, 15
PAUSES = (0.5, 1.0)
JITTER = 0.2
"""The part of a pause by which it may be shorter."""

LATER_BY = 0.1
"""Seconds by which a median may differ without anybody's fault, beyond half as much again: the
emulator looks every 0.1 s."""

MOST_TAKEN = 16 * 2**20
"""Bytes of a gibibyte: what the kernel keeps for both sides of a connection."""

MOST_MEMORY = 40 * 2**20
HEARD_WITHIN = PAUSED_WITHIN = 30


async def test_bad_webhooks_delay_nobody_else_and_are_paused_and_none_gets_into_a_private_network(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    issues, names, flood = run.size(30, 450), NameServer(tmp_path), Flood()
    proof = Certificate.of("moving.test", tmp_path).proof
    names.mean(moving="127.0.0.1")
    async with (
        open_newsroom(
            ministack,
            tmp_path,
            COFFEE_RETRY_SECONDS=",".join(map(str, PAUSES)),
            COFFEE_WEBHOOK_SECONDS="1",
            SSL_CERT_FILE=str(tmp_path / "moving.test.pem"),
            **names.variables,
        ) as newsroom,
        contextlib.AsyncExitStack() as stack,
    ):
        enter = stack.enter_async_context
        for number in range(GOOD):
            await enter(by_webhook(newsroom, Notes(f"good-{number}", frozenset({TOPIC}))))
        alone = await median_delay(newsroom, issues)
        moving = WebhookSubscriber(Notes("moving", frozenset({TOPIC})))
        served = await enter(receiver(moving.answer, proof))
        private = await granted(newsroom, f"https://moving.test:{served.port}/")
        bad = [
            await enter(bad_webhook(newsroom, TOPIC, then))
            for then in (slow, failing, redirecting, flood.answer)
        ]
        names.mean(moving=PRIVATE)
        memory = Memory(psutil.Process(newsroom.lives[-1].process.pid))
        memory_before = memory.process.memory_info().rss
        async with running(memory.watch(), "memory"):
            beside_bad = await median_delay(newsroom, issues)
            for one in [private, *(webhook.granted for webhook in bad)]:
                await becomes(newsroom, one, "paused", PAUSED_WITHIN)
        run.note(
            Row(
                fault="webhooks: slow, failing, redirecting, endless, private",
                seed=run.seed,
                orders=len(newsroom.editors.accepted),
            )
        )
        assert beside_bad <= 1.5 * alone + LATER_BY
        assert backs_off(bad[1])
        assert 0 < flood.most_taken < MOST_TAKEN
        assert memory.most - memory_before < MOST_MEMORY
        assert moving.notes.heard == []
        assert "the address is not public" in (await shown(newsroom, private))["notice"]
        assert names.dialled() == {"127.0.0.1"}
        assert await dead_letters(newsroom) > 0
        assert audience_violations(await newsroom.audience()) == []


async def granted(newsroom: Newsroom, url: str) -> Granted:
    """Subscribe a webhook that agrees."""
    answer = await subscribe(newsroom, TOPIC, channel="webhook", url=url)
    one = Granted(answer["id"], answer["manage_token"])
    await becomes(newsroom, one, "active", AGREES_WITHIN)
    return one


async def median_delay(newsroom: Newsroom, issues: int) -> float:
    """Publish, and give the seconds until half of the good subscribers had heard an issue."""
    before = len(newsroom.editors.accepted)
    await newsroom.editors.publish_all([TOPIC] * issues, RATE)
    published = newsroom.editors.accepted[before:]

    async def heard() -> bool:
        return not any(notes.missing(published) for notes in newsroom.subscribers)

    await until(heard, HEARD_WITHIN)
    asked_at = {issue.id: issue.asked_at for issue in published}
    return statistics.median(
        heard.at - asked_at[heard.key]
        for notes in newsroom.subscribers
        for heard in notes.heard
        if heard.key in asked_at
    )


def backs_off(webhook: BadWebhook) -> bool:
    """Tell whether every pause between attempts was as long as it should be, or longer."""
    return all(
        (pauses := webhook.pauses(attempt)) and min(pauses) >= planned * (1 - JITTER) - 0.05
        for attempt, planned in enumerate(PAUSES, 1)
    )


async def dead_letters(newsroom: Newsroom) -> int:
    """Count the deliveries that were given up on."""
    async with newsroom.http.get("/subscriptions/dead-letters", headers=AS_STAFF) as response:
        assert response.status == HTTPStatus.OK
        total: int = (await response.json())["total"]
        return total
