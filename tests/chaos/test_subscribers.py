"""Subscribers receive exactly their topics' issues, though the notifier is killed."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from pathlib import Path

import pytest

from tests.chaos.audience import Notes
from tests.chaos.audience_invariants import audience_violations
from tests.chaos.newsroom import Newsroom, open_newsroom
from tests.chaos.report import Row
from tests.chaos.run import LONG, Run
from tests.chaos.subscribers import MailSubscriber, by_mail, by_stream, by_webhook
from tests.support.waiting import until

pytestmark = pytest.mark.timeout(900 if LONG else 120)

TOPICS = ("coupons", "coffee-trivia", "new-products")
SELECTIONS = {
    "coupons": frozenset({"coupons"}),
    "trivia": frozenset({"coffee-trivia"}),
    "both": frozenset({"coffee-trivia", "new-products"}),
}
RATE = 40
RECEIVED_WITHIN = 120 if LONG else 30
"""Seconds after the last issue; messages of a killed notifier return after ten."""


async def killed_now_and_then(newsroom: Newsroom, issues: int, kills: int, seed: int) -> None:
    """Kill the notifier at random moments, one in each equal part of the issues."""
    draw = random.Random(seed)
    for number in range(kills):
        part = issues / kills
        await newsroom.editors.have_published(round(part * (number + draw.uniform(0.1, 0.9))))
        await asyncio.sleep(draw.uniform(0, 0.2))
        await newsroom.kill()
        await newsroom.open()


async def test_everybody_gets_exactly_their_topics_though_the_notifier_is_killed_on_the_way(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    each, kills = run.size(100, 500), run.size(2, 10)
    issues = len(TOPICS) * each
    async with (
        open_newsroom(ministack, tmp_path) as newsroom,
        contextlib.AsyncExitStack() as stack,
    ):
        mail: list[MailSubscriber] = []
        for name, topics in SELECTIONS.items():
            await stack.enter_async_context(
                by_stream(newsroom, Notes(f"live-{name}", topics, is_live=True))
            )
            await stack.enter_async_context(by_webhook(newsroom, Notes(f"hook-{name}", topics)))
            mail.append(await by_mail(newsroom, Notes(f"mail-{name}", topics)))
        published = list(itertools.islice(itertools.cycle(TOPICS), issues))
        await asyncio.gather(
            newsroom.editors.publish_all(published, RATE),
            killed_now_and_then(newsroom, issues, kills, run.seed),
        )
        began = time.monotonic()
        missed = await everything_received(newsroom, mail)
        run.note(
            Row(
                fault="kill -9 of the notifier while issues are published",
                seed=run.seed,
                orders=len(newsroom.editors.accepted),
                kills=kills,
                lost=missed,
                duplicate_deliveries=repeated(newsroom),
                recovery=time.monotonic() - began,
            )
        )
        assert missed == 0, missing(newsroom)
        assert audience_violations(await newsroom.audience()) == []
        assert all(notes.received for notes in newsroom.subscribers)


async def test_nothing_reaches_a_subscriber_before_its_confirmation_or_after_its_unsubscription(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    issues, coupons = run.size(80, 800), frozenset({"coupons"})
    async with (
        open_newsroom(ministack, tmp_path) as newsroom,
        by_webhook(newsroom, Notes("hook-stays", coupons)),
        by_webhook(newsroom, Notes("hook-goes", coupons)) as hook_goes,
        by_webhook(newsroom, Notes("hook-never-agrees", coupons, agreed=False)),
    ):
        mail = [
            await by_mail(newsroom, Notes("mail-stays", coupons)),
            await by_mail(newsroom, Notes("mail-never-agrees", coupons, agreed=False)),
            mail_goes := await by_mail(newsroom, Notes("mail-goes", coupons)),
        ]
        publishing = asyncio.create_task(newsroom.editors.publish_all(["coupons"] * issues, RATE))
        await newsroom.editors.have_published(issues // 3)
        await hook_goes.unsubscribe(newsroom)
        await mail_goes.unsubscribe()
        await newsroom.editors.have_published(issues // 2)
        await newsroom.kill()
        await newsroom.open()
        await publishing
        missed = await everything_received(newsroom, mail)
        run.note(
            Row(
                fault="kill -9 of the notifier after some have unsubscribed",
                seed=run.seed,
                orders=len(newsroom.editors.accepted),
                kills=1,
                lost=missed,
                duplicate_deliveries=repeated(newsroom),
            )
        )
        assert audience_violations(await newsroom.audience()) == []
        assert hook_goes.notes.received
        assert mail_goes.notes.received


async def everything_received(newsroom: Newsroom, mail: list[MailSubscriber]) -> int:
    """Wait until every subscriber has received all accepted issues; count those missing."""

    readers = {subscriber.notes.name for subscriber in mail}

    async def all_received() -> bool:
        return missing(newsroom).keys() <= readers and not missing_after_mail()

    def missing_after_mail() -> dict[str, int]:
        for subscriber in mail:
            subscriber.mail()
        return missing(newsroom)

    with contextlib.suppress(TimeoutError):
        await until(all_received, RECEIVED_WITHIN)
    return sum(missing_after_mail().values())


def missing(newsroom: Newsroom) -> dict[str, int]:
    """Count the issues that each subscriber has not received yet."""
    counted = {
        notes.name: len(notes.missing(newsroom.editors.accepted))
        for notes in newsroom.subscribers
        if notes.stays
    }
    return {name: count for name, count in counted.items() if count}


def repeated(newsroom: Newsroom) -> int:
    """Count repeated receipts."""
    return sum(len(notes.received) - len(notes.subjects) for notes in newsroom.subscribers)
