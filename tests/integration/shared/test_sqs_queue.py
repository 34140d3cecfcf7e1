"""Queues and topics against real emulators."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import secrets
from collections.abc import AsyncIterator, Sequence

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from shared.aws.batcher import EntryFailedError
from shared.aws.clients import AwsClients, AwsUnavailableError, aws_clients
from shared.aws.names import Names
from shared.aws.provisioning import (
    ForeignQueueError,
    ensure_queue,
    provision,
    publishing_policy,
    queue_arn,
    subscribe_queue,
)
from shared.aws.queue import SqsQueue
from shared.aws.queues import open_announcer, open_orders_queue, wait_for_queues
from shared.clock import utc_now
from shared.consuming.consumer import Consumer, ConsumerLimits
from shared.consuming.message import LeaseLostError, Message
from shared.consuming.outcome import Done, Outcome
from shared.messages.announcement import CloudEvent
from shared.runtime.settings import ServiceSettings
from tests.support.emulator import free_port
from tests.support.orders import an_order
from tests.support.waiting import eventually
from tests.support.webhooks import receiver


@contextlib.asynccontextmanager
async def clients_of(endpoint: str) -> AsyncIterator[AwsClients]:
    async with aws_clients(ServiceSettings(aws_endpoint_url=endpoint)) as clients:
        yield clients


@pytest.fixture(params=["ministack", "moto"])
async def clients(request: pytest.FixtureRequest) -> AsyncIterator[AwsClients]:
    async with clients_of(request.getfixturevalue(request.param)) as clients:
        yield clients


@pytest.fixture
def names() -> Names:
    return Names(f"{secrets.token_hex(4)}-")


@pytest.fixture
async def queue(clients: AwsClients, names: Names) -> AsyncIterator[SqsQueue]:
    await provision(clients, names)
    async with open_orders_queue(clients, names, wait_time=1) as queue:
        yield queue


async def test_what_is_sent_is_received_with_its_attributes_and_gone_once_deleted(
    queue: SqsQueue,
) -> None:
    await queue.send("hello", {"correlation_id": "abc"})
    (message,) = await queue.receive(10)
    assert (message.body, message.attributes) == ("hello", {"correlation_id": "abc"})
    assert message.receive_count == 1
    assert message.sent_at is not None
    assert abs(utc_now() - message.sent_at) < dt.timedelta(seconds=10)
    await queue.delete(message)
    assert await queue.waiting_and_in_flight() == (0, 0)


async def test_a_hundred_concurrent_sends_all_arrive_once(queue: SqsQueue) -> None:
    sent = [f"message {number}" for number in range(100)]
    await asyncio.gather(*(queue.send(body) for body in sent))
    received: list[str] = []
    while len(received) < len(sent):
        messages = await queue.receive(10)
        received += [message.body for message in messages]
        await asyncio.gather(*(queue.delete(message) for message in messages))
    assert sorted(received) == sorted(sent)
    assert await queue.waiting_and_in_flight() == (0, 0)


async def test_a_message_handed_back_is_at_once_there_for_others(queue: SqsQueue) -> None:
    await queue.send("back and forth")
    (first,) = await queue.receive(10)
    await queue.extend(first, 0)
    (second,) = await queue.receive(10)
    assert second.message_id == first.message_id
    assert second.receive_count == 2


async def test_a_hand_back_is_not_undone_by_an_extension_that_was_still_under_way(
    clients: AwsClients, queue: SqsQueue
) -> None:
    await asyncio.gather(*(queue.send(str(number)) for number in range(12)))
    held = await queue.receive(10)
    held = [*held, *await queue.receive(10)]
    assert len(held) == 12
    on_its_way = asyncio.Event()

    async def slow_at_first(**_: object) -> None:
        if not on_its_way.is_set():
            on_its_way.set()
            await asyncio.sleep(0.2)

    extensions = "before-send.sqs.ChangeMessageVisibilityBatch"
    clients.sqs.meta.events.register(extensions, slow_at_first)  # type: ignore[arg-type]
    extending = [asyncio.create_task(queue.extend(message, 30)) for message in held]
    await on_its_way.wait()
    await asyncio.gather(*(queue.extend(message, 0) for message in held))
    await asyncio.gather(*extending)
    assert await queue.waiting_and_in_flight() == (12, 0)


async def test_the_lease_on_a_deleted_message_is_lost(queue: SqsQueue) -> None:
    await queue.send("gone")
    (message,) = await queue.receive(10)
    await queue.delete(message)
    with pytest.raises(LeaseLostError):
        await queue.extend(message, 30)


async def test_one_message_twice_in_a_batch_of_deletes_does_not_fail_the_others(
    queue: SqsQueue,
) -> None:
    await queue.send("a")
    (first,) = await queue.receive(1)
    await queue.extend(first, 0)
    (again,) = await queue.receive(1)
    assert again.message_id == first.message_id
    await queue.send("b")
    (other,) = await queue.receive(1)
    _, *outcomes = await asyncio.gather(
        *(queue.delete(message) for message in (first, again, other)), return_exceptions=True
    )
    assert not [fault for fault in outcomes if not isinstance(fault, EntryFailedError | None)]
    assert await queue.waiting_and_in_flight() == (0, 0)


async def test_a_standard_queue_takes_a_group_with_a_message_and_its_dead_letter_keeps_it(
    clients: AwsClients, names: Names, queue: SqsQueue
) -> None:
    group = "a!#$%&'()*+,-./:;<=>?@[]^_`{|}~" + "9" * 97
    assert len(group) == 128
    await queue.send("poison", group=group)
    (message,) = await queue.receive(10)
    assert message.group == group
    await queue.dead_letter(message, "not a ticket")
    url = (await clients.sqs.get_queue_url(QueueName=names.dead_letters))["QueueUrl"]
    (dead,) = await SqsQueue(clients.sqs, url).receive(10)
    assert dead.group == group


async def test_a_dead_letter_carries_its_reason_and_leaves_the_queue(
    clients: AwsClients, names: Names, queue: SqsQueue
) -> None:
    await queue.send("poison", {"correlation_id": "abc"})
    (message,) = await queue.receive(10)
    await queue.dead_letter(message, "not a ticket")
    url = (await clients.sqs.get_queue_url(QueueName=names.dead_letters))["QueueUrl"]
    (dead,) = await SqsQueue(clients.sqs, url).receive(10)
    assert dead.body == "poison"
    assert dead.attributes == {
        "correlation_id": "abc",
        "reason": "not a ticket",
        "attempts": "1",
    }
    assert await queue.waiting_and_in_flight() == (0, 0)


async def test_a_dead_letter_that_cannot_be_copied_stays_where_it_is(
    clients: AwsClients, names: Names, queue: SqsQueue
) -> None:
    await queue.send("poison")
    (message,) = await queue.receive(10)
    url = (await clients.sqs.get_queue_url(QueueName=names.dead_letters))["QueueUrl"]
    await clients.sqs.delete_queue(QueueUrl=url)
    with pytest.raises(AwsUnavailableError):
        await queue.dead_letter(message, "not a ticket")
    await queue.extend(message, 0)
    (still_there,) = await queue.receive(10)
    assert still_there.message_id == message.message_id


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")  # aiohttp's, at 1 MiB
async def test_a_message_too_long_to_have_a_reason_beside_it_is_cut(
    clients: AwsClients, names: Names, queue: SqsQueue
) -> None:
    longest = "x" * 2**20
    await queue.send(longest)
    (message,) = await queue.receive(10)
    await queue.dead_letter(message, "not a ticket")
    url = (await clients.sqs.get_queue_url(QueueName=names.dead_letters))["QueueUrl"]
    (dead,) = await SqsQueue(clients.sqs, url).receive(10)
    assert dead.body
    assert longest.startswith(dead.body)
    assert dead.attributes == {"reason": "not a ticket", "attempts": "1"}
    assert await queue.waiting_and_in_flight() == (0, 0)


async def test_provisioning_may_happen_twice_and_at_the_same_time(
    clients: AwsClients, names: Names
) -> None:
    made = await asyncio.gather(*(provision(clients, names) for _ in range(3)))
    assert made[0] == made[1] == made[2] == await provision(clients, names)
    assert [arn.rpartition(":")[2] for arn in made[0]] == [
        names.orders,
        names.dead_letters,
        names.photos,
        names.photos_dead_letters,
        names.announcements,
        names.deliveries,
        names.deliveries_dead_letters,
        *map(names.topic, ("order-events", "coupons", "coffee-trivia", "new-products")),
    ]


async def test_a_queue_that_somebody_else_made_is_left_alone(
    clients: AwsClients, names: Names
) -> None:
    url = (await clients.sqs.create_queue(QueueName=names.orders))["QueueUrl"]
    with pytest.raises(ForeignQueueError, match="COFFEE_NAME_PREFIX"):
        await provision(clients, names)
    answer = await clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    assert "RedrivePolicy" not in answer.get("Attributes", {})


async def test_an_announcement_reaches_a_queue_that_is_subscribed_in_the_group_of_its_shop(
    request: pytest.FixtureRequest, clients: AwsClients, names: Names, queue: SqsQueue
) -> None:
    topic = (await clients.sns.create_topic(Name=names.topic("order-events")))["TopicArn"]
    arn = await ensure_queue(clients.sqs, names.live("test"), {})
    url = (await clients.sqs.get_queue_url(QueueName=names.live("test")))["QueueUrl"]
    await ensure_queue(clients.sqs, names.live("test"), {"Policy": publishing_policy(arn, [topic])})
    assert await queue_arn(clients.sqs, url) == arn
    await clients.sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arn,
        Attributes={"RawMessageDelivery": "true"},
    )
    order = an_order()
    async with open_announcer(clients, names, queue) as announcer:
        await announcer.announce(order)
    (message,) = await SqsQueue(clients.sqs, url).receive(10)
    event = CloudEvent.model_validate_json(message.body)
    assert event.id == f"{order.id}:1"
    assert message.attributes == {
        "type": "coffeeshop.order.placed.v1",
        "store_id": order.store_id,
        "order_id": order.id,
    }
    if "moto" in request.node.name:  # ministack drops the groups of a PublishBatch
        assert message.group == order.store_id


async def test_a_queue_out_of_reach_is_one_clear_error() -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    async with clients_of(nowhere) as clients:
        queue = SqsQueue(clients.sqs, f"{nowhere}/000000000000/orders")
        with pytest.raises(AwsUnavailableError, match="SQS is unavailable"):
            await queue.send("hello")


class Doubling:
    """A queue whose receives contain each message twice, as SQS may do."""

    def __init__(self, queue: SqsQueue) -> None:
        self._queue = queue
        self.extend = queue.extend
        self.dead_letter = queue.dead_letter
        self.deleted: list[str] = []

    async def receive(self, limit: int) -> Sequence[Message]:
        return [message for one in await self._queue.receive(limit // 2) for message in (one, one)]

    async def delete(self, message: Message) -> None:
        await self._queue.delete(message)
        self.deleted.append(message.body)


async def test_a_message_twice_in_one_receive_is_handled_and_deleted_twice(
    queue: SqsQueue,
) -> None:
    handled: list[str] = []
    stop = asyncio.Event()

    async def handle(message: Message) -> Outcome:
        handled.append(message.body)
        if len(handled) == 4:
            stop.set()
        return Done()

    for body in "ab":
        await queue.send(body)
    doubling = Doubling(queue)
    async with asyncio.timeout(20):
        await Consumer(doubling, handle, ConsumerLimits(concurrency=10)).run(stop)
    assert sorted(handled) == sorted(doubling.deleted) == ["a", "a", "b", "b"]
    assert await queue.waiting_and_in_flight() == (0, 0)


async def test_a_queue_that_is_waited_for_is_named(ministack: str) -> None:
    settings = ServiceSettings(aws_endpoint_url=ministack)
    async with aws_clients(settings) as clients:
        with capture_logs() as logged:
            waiting = asyncio.create_task(wait_for_queues(clients, "not-there-yet"))
            await eventually(lambda: logged != [])
            await clients.sqs.create_queue(QueueName="not-there-yet")
            await waiting
    assert logged[0]["error"] == "there is no queue 'not-there-yet' yet"


async def test_a_subscription_that_a_template_made_is_accepted_as_it_is() -> None:
    """SNS refuses to subscribe its queue again without the template's RedrivePolicy."""
    queue, topic = "arn:aws:sqs:us-east-1:0:announcements", "arn:aws:sns:us-east-1:0:coupons"
    listed = [f"<Endpoint>{queue}</Endpoint><SubscriptionArn>{topic}:its</SubscriptionArn>"]

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if b"Action=Subscribe&" in await request.read():
            error = "<Code>InvalidParameter</Code><Message>different attributes</Message>"
            text = f"<ErrorResponse><Error>{error}</Error></ErrorResponse>"
            return web.Response(status=400, text=text)
        name = "ListSubscriptionsByTopic"
        members = "".join(f"<member>{member}</member>" for member in listed)
        inner = f"<{name}Result><Subscriptions>{members}</Subscriptions></{name}Result>"
        return web.Response(text=f"<{name}Response>{inner}</{name}Response>")

    async with receiver(answer) as sns, clients_of(sns.url) as clients:
        assert await subscribe_queue(clients.sns, topic, queue) == f"{topic}:its"
        listed.clear()
        with pytest.raises(clients.sns.exceptions.InvalidParameterException):
            await subscribe_queue(clients.sns, topic, queue)
