"""Queues as subscribers: SNS delivers to them itself, raw, for as long as they are subscribed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from shared.aws.provisioning import publishing_policy
from shared.domain.order import OrderState
from shared.store.contract import StoreUnavailableError
from shared.store.sqlite.subscriptions import SqliteSubscriptions
from tests.support.notifier import (
    AS_STAFF,
    Announcer,
    Serving,
    announcing,
    placed,
    serving,
    settings_for,
    then,
)
from tests.support.subscribers import post_subscription, publish, subscribe

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Till:
    """A queue of somebody else's."""

    announcer: Announcer
    url: str
    arn: str

    async def let_in(self, *topics: str) -> None:
        """Write a policy that lets these topics send."""
        here = self.arn.rpartition(":")[0].replace(":sqs:", ":sns:")
        arns = [f"{here}:{self.announcer.names.topic(topic)}" for topic in topics]
        policy = publishing_policy(self.arn, arns)
        await self.announcer.clients.sqs.set_queue_attributes(
            QueueUrl=self.url, Attributes={"Policy": policy}
        )

    async def next(self) -> Mapping[str, Any]:
        """Take the next event off the queue."""
        sqs = self.announcer.clients.sqs
        answer = await sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=5)
        (message,) = answer["Messages"]
        await sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        event: Mapping[str, Any] = json.loads(message["Body"])
        return event

    async def waiting(self) -> int:
        answer = await self.announcer.clients.sqs.get_queue_attributes(
            QueueUrl=self.url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])


@pytest.fixture(scope="module", params=["ministack", "moto"])
def endpoint(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def places(endpoint: str) -> AsyncIterator[tuple[Serving, Announcer]]:
    settings = settings_for(endpoint)
    async with serving(settings) as notifier, announcing(settings) as announcer:
        yield notifier, announcer


@pytest.fixture
def notifier(places: tuple[Serving, Announcer]) -> Serving:
    return places[0]


@pytest_asyncio.fixture(loop_scope="module")
async def till(places: tuple[Serving, Announcer], request: pytest.FixtureRequest) -> Till:
    """A queue that belongs to one test, and lets the first topics send to it."""
    _, announcer = places
    name = f"{announcer.names.prefix}{request.node.originalname}"[-80:]
    url = (await announcer.clients.sqs.create_queue(QueueName=name))["QueueUrl"]
    answer = await announcer.clients.sqs.get_queue_attributes(
        QueueUrl=url, AttributeNames=["QueueArn"]
    )
    till = Till(announcer, url, answer["Attributes"]["QueueArn"])
    await till.let_in("coupons", "coffee-trivia", "order-events", "sales")
    return till


async def test_a_queue_receives_events_as_they_are_until_its_subscription_ends(
    notifier: Serving, till: Till
) -> None:
    held = await subscribe(notifier, channel="sqs", queue_arn=till.arn)
    assert (await held.shown())["state"] == "active"
    issue = await publish(notifier)
    event = await till.next()
    assert (event["id"], event["specversion"], event["subject"]) == (issue, "1.0", "coupons")

    assert (await held.ask("DELETE")).status_code == 204
    again = await subscribe(notifier, "coffee-trivia", channel="sqs", queue_arn=till.arn)
    await publish(notifier, "coupons")
    trivia = await publish(notifier, "coffee-trivia")
    assert (await till.next())["id"] == trivia
    assert await till.waiting() == 0
    await again.ask("DELETE")


async def test_a_queue_receives_only_the_types_and_orders_that_it_named(
    notifier: Serving, till: Till
) -> None:
    mine, theirs = placed(), placed()
    wanted = {"type": ["coffeeshop.order.ready.v1"], "order_id": [mine.id]}
    held = await subscribe(
        notifier, "order-events", channel="sqs", queue_arn=till.arn, filter=wanted
    )
    for order in (theirs, mine):
        preparing = then(order, OrderState.PREPARING)
        await till.announcer.announce(order, preparing, then(preparing, OrderState.READY))
    assert (await till.next())["id"] == f"{mine.id}:3"
    assert await till.waiting() == 0
    await held.ask("DELETE")


async def test_a_topic_that_was_added_delivers_to_queues(notifier: Serving, till: Till) -> None:
    await notifier.http.put("/topics/sales", json={"description": "Cheap"}, headers=AS_STAFF)
    await subscribe(notifier, "sales", channel="sqs", queue_arn=till.arn)
    issue = await publish(notifier, "sales")
    assert (await till.next())["id"] == issue


async def test_a_queue_is_subscribed_to_a_topic_once(notifier: Serving, till: Till) -> None:
    held = await subscribe(notifier, channel="sqs", queue_arn=till.arn)
    response = await post_subscription(notifier, channel="sqs", queue_arn=till.arn)
    assert response.status_code == 422
    assert "subscribed already" in response.json()["detail"]
    await held.ask("DELETE")
    assert (await post_subscription(notifier, channel="sqs", queue_arn=till.arn)).status_code == 201


async def test_a_queue_is_subscribed_to_a_topic_once_whatever_its_filter(
    notifier: Serving, till: Till
) -> None:
    some, others = placed(), placed()
    held = await subscribe(notifier, "order-events", channel="sqs", queue_arn=till.arn)
    for order in (some, others):
        response = await post_subscription(
            notifier,
            "order-events",
            channel="sqs",
            queue_arn=till.arn,
            filter={"order_id": [order.id]},
        )
        assert response.status_code == 422, response.text
        assert held.id in response.json()["detail"]
    await till.announcer.announce(others)
    assert (await till.next())["id"] == f"{others.id}:1"
    await held.ask("DELETE")


async def test_of_two_that_subscribe_a_queue_at_once_no_two_have_it(
    notifier: Serving, till: Till
) -> None:
    requests = [post_subscription(notifier, channel="sqs", queue_arn=till.arn) for _ in range(4)]
    codes = [answer.status_code for answer in await asyncio.gather(*requests)]
    assert codes.count(201) <= 1
    assert {*codes} <= {201, 422}


async def test_a_queue_whose_subscribing_was_cut_off_can_be_found_and_ended(
    notifier: Serving, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def out_of_reach(*_: object) -> None:
        raise StoreUnavailableError("the disk is full")

    with monkeypatch.context() as full:
        full.setattr(SqliteSubscriptions, "replace_subscription", out_of_reach)
        assert (
            await post_subscription(notifier, channel="sqs", queue_arn=till.arn)
        ).status_code == 503

    refused = await post_subscription(notifier, channel="sqs", queue_arn=till.arn)
    assert refused.status_code == 422
    cut_off = refused.json()["detail"].rpartition(" ")[2]
    ended = await notifier.http.delete(f"/subscriptions/{cut_off}", headers=AS_STAFF)
    assert ended.status_code == 204

    await publish(notifier)
    held = await subscribe(notifier, channel="sqs", queue_arn=till.arn)
    issue = await publish(notifier)
    assert (await till.next())["id"] == issue
    await held.ask("DELETE")


async def test_a_queue_that_does_not_let_the_topic_send_is_refused_with_the_remedy(
    notifier: Serving, till: Till
) -> None:
    await till.let_in("order-events")
    response = await post_subscription(notifier, channel="sqs", queue_arn=till.arn)
    assert response.status_code == 422
    assert response.json()["type"] == "/problems/invalid-subscription"
    assert "aws:SourceArn" in response.json()["detail"]


async def test_the_shops_own_queues_are_nobodys_to_subscribe_or_to_end(
    notifier: Serving, till: Till
) -> None:
    names = till.announcer.names
    here = till.arn.rpartition(":")[0]
    for name in (names.announcements, names.deliveries, names.deliveries_dead_letters):
        response = await post_subscription(notifier, channel="sqs", queue_arn=f"{here}:{name}")
        assert response.status_code == 422, name
        assert "coffee shop's own" in response.json()["detail"]


@pytest.mark.parametrize(
    "arn",
    ["till", "arn:aws:sqs:us-east-1:000000000000:nowhere", "arn:aws:sns:us-east-1:000000000000:x"],
)
async def test_an_arn_of_anything_but_a_queue_is_refused(notifier: Serving, arn: str) -> None:
    response = await post_subscription(notifier, channel="sqs", queue_arn=arn)
    assert response.status_code == 422, response.text


async def test_queues_are_for_staff(notifier: Serving, till: Till) -> None:
    response = await post_subscription(notifier, staff=False, channel="sqs", queue_arn=till.arn)
    assert response.status_code == 401
    assert "www-authenticate" in response.headers
