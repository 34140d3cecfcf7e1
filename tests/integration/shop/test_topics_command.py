"""`coffeeshop topics` as people run it: a real process, against a real notifier and its queues."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from shared.domain.order import OrderState
from tests.support.command_line import Outcome, run
from tests.support.notifier import placed, then
from tests.support.shop_stand_in import problem, stand_in
from tests.support.topics_shop import AS_STAFF, TopicsShop, open_shop

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(ministack: str) -> AsyncIterator[TopicsShop]:
    async with open_shop(ministack) as shop:
        yield shop


async def test_topics_are_created_described_anew_and_listed(shop: TopicsShop) -> None:
    named = ("create", "todays-roast", "--description")
    created = await shop.as_staff(*named, "What is in the grinder")
    described = await shop.as_staff(*named, "What is in the grinder today")
    table, as_json = await shop.topics("list"), await shop.topics("list", "--json")

    assert created.out == "todays-roast is new.\n"
    assert described.out == "todays-roast is described anew.\n"
    heads, *rows = table.out.splitlines()
    assert heads.split() == ["Subscribers", "Topic"]
    (at,) = (at for at, row in enumerate(rows) if "todays-roast" in row)
    assert rows[at].split() == ["0", "todays-roast"]
    assert rows[at + 1].strip() == "What is in the grinder today"
    listed = {topic["name"]: topic for topic in json.loads(as_json.out)}
    assert listed["todays-roast"]["description"] == "What is in the grinder today"


async def test_creating_and_publishing_are_for_staff(shop: TopicsShop) -> None:
    for arguments in (("create", "secret", "--description", ""), ("publish", "coupons")):
        publish = ("--subject", "A", "--text", "B") if arguments[0] == "publish" else ()
        keyless = await shop.topics(*arguments, *publish)
        wrong = await shop.topics(*arguments, *publish, COFFEE_STAFF_KEY="wrong")
        assert (keyless.code, wrong.code) == (1, 1)
        assert "COFFEE_STAFF_KEY" in keyless.err
        assert "Authentication is required" in wrong.err


async def test_a_file_is_published_under_its_first_heading(
    shop: TopicsShop, tmp_path: Path
) -> None:
    issue = tmp_path / "issue.md"
    issue.write_bytes("\ufeff# Two *for* one\r\n\r\nOnly today: crème brûlée.\r\n".encode())
    async with shop.notifier.stream(topics="coupons") as stream:
        outcome = await shop.as_staff("publish", "coupons", str(issue))
        (event,) = await stream.take(1)
    assert outcome.out.splitlines() == ["Published to coupons: Two for one", event["id"]]
    assert event["data"] == {
        "topic": "coupons",
        "subject": "Two for one",
        "body": "Only today: crème brûlée.\n",
    }


async def test_standard_input_is_published_as_it_is_under_a_subject_that_is_given(
    shop: TopicsShop,
) -> None:
    async with shop.notifier.stream(topics="coupons") as stream:
        outcome = await shop.as_staff(
            *("publish", "coupons", "-", "--subject", "News"), stdin="# A heading\n\nA body\n"
        )
        (event,) = await stream.take(1)
    assert outcome.code == 0
    assert (event["data"]["subject"], event["data"]["body"]) == ("News", "# A heading\n\nA body\n")


async def test_an_issue_is_sent_under_one_key_until_the_shop_has_answered() -> None:
    async with stand_in() as counter:
        counter.refusals = [problem(503, "unavailable", "Not now", retry_after="0")]
        counter.resets = 1
        outcome = await run(
            *(counter.url, "topics", "publish", "coupons", "--subject", "A", "--text", "B"),
            COFFEE_STAFF_KEY=counter.staff_key,
        )
    assert outcome.code == 0, outcome
    assert "503 Service Unavailable; trying again" in outcome.err
    assert len(counter.keys) == 3
    (key,) = {*counter.keys}
    assert outcome.out.splitlines() == ["Published to coupons: A", key]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "give either a file"),
        (("-", "--text", "A"), "give either a file"),
        (("--text", "A"), "give --subject"),
        (("--text", "# A"), "it has no body"),
        (("/nonexistent.md",), "No such file"),
        (("/bin/sh", "--subject", "A"), "not text in UTF-8"),
        (("--text", "A", "--subject", "A" * 201), "/subject"),
    ],
)
async def test_what_cannot_be_published_is_misuse(
    shop: TopicsShop, arguments: tuple[str, ...], reason: str
) -> None:
    outcome = await shop.as_staff("publish", "coupons", *arguments)
    assert outcome.code == 2
    assert reason in outcome.err
    assert "Traceback" not in outcome.err


async def test_a_topic_that_is_not_there_is_a_failure(shop: TopicsShop) -> None:
    published = await shop.as_staff("publish", "nowhere", "--subject", "A", "--text", "B")
    followed = await shop.topics("follow", "coupons", "nowhere")
    stepped = await shop.topics("subscribe", "../topics", "--email", "ada@example.com")
    assert (published.code, followed.code, stepped.code) == (1, 1, 1)
    assert "no topic is called nowhere" in published.err
    assert "no topic is called nowhere" in followed.err


async def test_topics_are_followed_with_a_line_for_each_event(shop: TopicsShop) -> None:
    order = placed("007")
    async with shop.following("board", "coupons", "order-events", **AS_STAFF) as follower:
        await shop.announcer.announce(order)
        lines = [await follower.says()]
        await shop.announcer.announce(then(order, OrderState.PREPARING))
        lines += [await follower.says(), await follower.says()]
        await shop.as_staff("publish", "coupons", "--subject", "Two", "--text", "B")
        lines.append(await follower.says())
        outcome = await follower.interrupt()
    assert outcome == Outcome(0, "", "")
    times, types, gists = zip(*(line.split("  ", 2) for line in lines), strict=True)
    assert all(len(time.split(":")) == 3 for time in times)
    assert types[0] == "coffeeshop.order.placed.v1"
    assert set(types[1:3]) == {"coffeeshop.board.changed.v1", "coffeeshop.order.preparing.v1"}
    assert gists[0] == "007 is placed"
    assert set(gists[1:3]) == {"007 is preparing", "007 is preparing, was placed"}
    assert gists[3] == "coupons: Two"


async def test_json_is_each_event_whole_and_nothing_else(shop: TopicsShop) -> None:
    mine, other = placed(), placed()
    async with shop.following("--order", mine.id, "--json") as follower:
        await shop.announcer.announce(other, mine)
        event = json.loads(await follower.says())
        outcome = await follower.interrupt()
    assert (event["subject"], event["data"]["number"]) == (mine.id, mine.number)
    assert (outcome.code, outcome.out) == (0, "")


@pytest.mark.parametrize("arguments", [(), ("coupons", "--order", "1")])
async def test_following_nothing_is_misuse(shop: TopicsShop, arguments: tuple[str, ...]) -> None:
    assert (await shop.topics("follow", *arguments)).code == 2


async def test_all_orders_are_not_for_everybody(shop: TopicsShop) -> None:
    outcome = await shop.topics("follow", "order-events")
    assert outcome.code == 1
    assert "Authentication is required" in outcome.err
