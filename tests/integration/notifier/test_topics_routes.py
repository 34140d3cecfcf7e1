"""Topics: listed for all, added and published to by staff."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from notifier.store.sqlite.topics import SqliteTopics
from notifier.subscriptions.queue_policy import allows_sending
from shared.aws.names import topic_arn
from shared.aws.provisioning import subscription_of
from shared.domain.issue import Issue
from shared.store.contract import StoreUnavailableError
from tests.support.cashier import new_key
from tests.support.notifier import AS_STAFF, Serving, announcing, serving, settings_for
from tests.support.subscribers import endpoint, webhook

pytestmark = pytest.mark.asyncio(loop_scope="module")

ISSUE = {"subject": "Free cake", "body": "*Today*"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def notifier(ministack: str) -> AsyncIterator[Serving]:
    async with serving(settings_for(ministack, allow_loopback_webhooks=True)) as notifier:
        yield notifier


async def own_topic(notifier: Serving) -> str:
    """Make a topic on which only one test publishes."""
    name = f"t{secrets.token_hex(4)}"
    assert (await put(notifier, name, {})).status_code == 201
    return name


async def put(notifier: Serving, name: str, body: Any) -> httpx.Response:
    return await notifier.http.put(f"/topics/{name}", json=body, headers=AS_STAFF)


async def post(notifier: Serving, name: str, issue: Any) -> httpx.Response:
    return await notifier.http.post(f"/topics/{name}/messages", json=issue, headers=AS_STAFF)


async def listed(notifier: Serving) -> dict[str, Any]:
    answer = await notifier.http.get("/topics")
    return {topic["name"]: topic for topic in answer.json()["topics"]}


async def test_the_first_topics_are_there(notifier: Serving) -> None:
    topics = await listed(notifier)
    first = ["order-events", "coupons", "coffee-trivia", "new-products"]
    assert list(topics)[: len(first)] == first
    assert all(topic["description"] for name, topic in topics.items() if name in first)


async def test_a_topic_is_added_once_and_described_as_often_as_one_likes(
    notifier: Serving,
) -> None:
    assert "beans" not in await listed(notifier)
    answers = [await put(notifier, "beans", {"description": text}) for text in ("Old", "New")]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[1].json() == {"name": "beans", "description": "New", "subscribers": 0}
    assert (await listed(notifier))["beans"]["description"] == "New"


async def test_a_first_topic_can_be_described_anew(notifier: Serving) -> None:
    answer = await put(notifier, "new-products", {"description": "Hot off the grill"})
    assert answer.status_code == 200
    assert (await listed(notifier))["new-products"]["description"] == "Hot off the grill"


async def test_those_who_follow_a_topic_are_counted(notifier: Serving) -> None:
    await put(notifier, "counted", {})
    async with endpoint() as subscriber, notifier.stream(topics="counted"):
        held = await webhook(notifier, subscriber, "counted")
        await notifier.answers("/topics", counts("counted", 2))
        await held.ask("DELETE")
    await notifier.answers("/topics", counts("counted", 0))


def counts(name: str, subscribers: int) -> Callable[[httpx.Response], bool]:
    shown = {"name": name, "description": "", "subscribers": subscribers}
    return lambda answer: shown in answer.json()["topics"]


@pytest.mark.parametrize("name", ["a", "Coupons", "1st", "a_b", "a" * 64, "caf%C3%A9", "-a"])
async def test_an_invalid_name_is_refused(notifier: Serving, name: str) -> None:
    answer = await put(notifier, name, {})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-topic")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/name"]


async def test_the_displays_topic_cannot_be_added(notifier: Serving) -> None:
    answer = await put(notifier, "board", {})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/topic-reserved")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"description": "a" * 201}, "/description"),
        ({"description": 1}, "/description"),
        ({"colour": "blue"}, "/colour"),
    ],
)
async def test_an_invalid_description_is_refused(
    notifier: Serving, body: Any, pointer: str
) -> None:
    answer = await put(notifier, "beans", body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("issue", "pointer"),
    [
        ({"body": "b"}, "/subject"),
        ({"subject": "s"}, "/body"),
        ({**ISSUE, "subject": " "}, "/subject"),
        ({**ISSUE, "subject": "two\nlines"}, "/subject"),
        ({**ISSUE, "subject": "s" * 201}, "/subject"),
        ({**ISSUE, "body": ""}, "/body"),
        ({**ISSUE, "body": "b" * 50_001}, "/body"),
        ({**ISSUE, "data": []}, "/data"),
        ({**ISSUE, "subject": "s\ufffe"}, "/subject"),
        ({**ISSUE, "body": "b\uffff"}, "/body"),
        ({**ISSUE, "data": {"prices": [{"cake\uffff": 5}]}}, "/data"),
        ({**ISSUE, "data": {"price": "\ufffe"}}, "/data"),
    ],
)
async def test_an_invalid_issue_is_refused(notifier: Serving, issue: Any, pointer: str) -> None:
    answer = await post(notifier, "coupons", issue)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-message")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_all_else_that_json_can_say_reaches_subscribers(notifier: Serving) -> None:
    topic = await own_topic(notifier)
    data = {"\u0001\u007f\x85": ["\ufdd0\U0001ffff\ufffd", None, 1.5]}
    async with endpoint() as subscriber:
        await webhook(notifier, subscriber, topic)
        answer = await post(notifier, topic, {**ISSUE, "data": data})
        assert answer.status_code == 202
        (event,) = await subscriber.receives(1)
    assert event["data"] == {**data, **ISSUE, "topic": topic}


async def keyed(notifier: Serving, key: str, issue: Any = ISSUE, to: str = "new-products") -> Any:
    keys = {**AS_STAFF, "Idempotency-Key": key}
    answer = await notifier.http.post(f"/topics/{to}/messages", json=issue, headers=keys)
    return answer.status_code, answer.json().get("type", answer.json().get("id"))


async def test_what_is_sent_again_under_its_key_is_published_once(notifier: Serving) -> None:
    key, topic = new_key(), "free-cakes"
    await notifier.http.put(f"/topics/{topic}", json={}, headers=AS_STAFF)
    async with endpoint() as subscriber:
        await webhook(notifier, subscriber, topic)
        answers = await asyncio.gather(*(keyed(notifier, key, ISSUE, topic) for _ in range(3)))
        answers.append(await keyed(notifier, key, ISSUE, topic))
        ((status, issue_id),) = {*answers}
        assert status == 202
        _, other_id = await keyed(notifier, new_key(), ISSUE, topic)
        await subscriber.until(lambda: other_id in [event["id"] for event in subscriber.events])
        received = [event["id"] for event in await subscriber.receives(2)]
    assert sorted(received) == sorted([issue_id, other_id])


@pytest.mark.parametrize(
    ("issue", "to"), [({**ISSUE, "body": "No cake"}, "new-products"), (ISSUE, "coffee-trivia")]
)
async def test_a_key_is_for_one_message(notifier: Serving, issue: Any, to: str) -> None:
    key = new_key()
    await keyed(notifier, key)
    assert await keyed(notifier, key, issue, to) == (422, "/problems/idempotency-key-reused")


async def test_an_invalid_idempotency_key_is_refused(notifier: Serving) -> None:
    for key in ("short", "weekly-2026-11-28"):
        assert await keyed(notifier, key) == (400, "/problems/invalid-idempotency-key")


async def test_what_was_recorded_and_not_acknowledged_can_be_sent_again(
    notifier: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, add, topic = new_key(), SqliteTopics.add_issue, await own_topic(notifier)

    async def answered_late(store: SqliteTopics, issue: Issue) -> Issue:
        await add(store, issue)
        raise StoreUnavailableError("it did not answer in time")

    async with endpoint() as subscriber:
        await webhook(notifier, subscriber, topic)
        with monkeypatch.context() as late:
            late.setattr(SqliteTopics, "add_issue", answered_late)
            assert (await keyed(notifier, key, to=topic))[0] == 503
        status, issue_id = await keyed(notifier, key, to=topic)
        assert status == 202
        (event,) = await subscriber.receives(1)
    assert event["id"] == issue_id


async def test_order_events_and_unknown_topics_are_not_published_to(notifier: Serving) -> None:
    answer = await post(notifier, "order-events", ISSUE)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/topic-reserved")
    assert (await post(notifier, "tea-leaves", ISSUE)).status_code == 404


async def test_the_data_of_an_issue_cannot_replace_its_own_fields(notifier: Serving) -> None:
    topic = await own_topic(notifier)
    forged = {**ISSUE, "data": {"topic": "order-events", "subject": "forged", "price": 5}}
    async with notifier.stream(topics=topic) as stream:
        answer = await post(notifier, topic, forged)
        (event,) = await stream.take(1)
    assert event["id"] == answer.json()["id"]
    assert event["data"] == {**ISSUE, "topic": topic, "price": 5}


async def test_topics_that_are_added_at_the_same_time_all_reach_the_notifier(
    ministack: str,
) -> None:
    settings = settings_for(ministack)
    async with serving(settings) as notifier, announcing(settings) as announcer:
        names = [f"at-once-{number}" for number in range(6)]
        await asyncio.gather(*(put(notifier, name, {}) for name in names))
        sqs, sns = announcer.clients.sqs, announcer.clients.sns
        url = (await sqs.get_queue_url(QueueName=announcer.names.announcements))["QueueUrl"]
        answer = await sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy", "QueueArn"])
        policy, queue = answer["Attributes"]["Policy"], answer["Attributes"]["QueueArn"]
        for name in names:
            arn = topic_arn(queue, announcer.names.topic(name))
            assert allows_sending(policy, arn)
            assert await subscription_of(sns, arn, queue) is not None
