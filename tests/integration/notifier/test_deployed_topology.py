"""COFFEE_PROVISION=off: a template owns queues and topics, and a notifier only looks for them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

import pytest
from structlog.testing import capture_logs

from notifier.settings import NotifierSettings
from shared.aws.clients import AwsClients, aws_clients
from shared.aws.names import Names
from shared.aws.provisioning import OURS, provision, publishing_policy, queue_arn, subscribe_queue
from tests.support.faults.aws_wire import Answer, Call
from tests.support.faults.proxy import open_proxy
from tests.support.faults.rules import Faults
from tests.support.notifier import AS_STAFF, serving, settings_for
from tests.support.subscribers import endpoint, post_subscription, publish, subscribe, webhook
from tests.support.waiting import eventually

LIVE_ONLY = frozenset({"CreateQueue", "DeleteQueue", "SetQueueAttributes", "TagQueue"})
RIGHTS = LIVE_ONLY | {
    *("GetQueueUrl", "GetQueueAttributes", "ReceiveMessage", "SendMessageBatch"),
    *("DeleteMessageBatch", "ChangeMessageVisibilityBatch", "ListQueues"),
    *("PublishBatch", "Subscribe", "Unsubscribe", "ListSubscriptionsByTopic"),
}
"""What the notifier's role in a template allows at SQS and SNS; LIVE_ONLY on live queues."""


class Calls:
    """Notes which actions reach AWS, and those of LIVE_ONLY that concern another queue."""

    def __init__(self) -> None:
        self.actions: set[str] = set()
        self.on_what_is_deployed: list[str] = []

    async def before(self, _: str, call: Call) -> None:
        self.actions.add(call.action)
        if call.action in LIVE_ONLY and b"live-" not in call.body:
            self.on_what_is_deployed.append(call.action)

    async def after(self, _: str, call: Call, answer: Answer) -> None:
        """Note nothing."""


@dataclass(frozen=True)
class Stack:
    """What a template has deployed, and how a notifier reaches it."""

    clients: AwsClients
    names: Names
    settings: NotifierSettings
    calls: Calls

    async def arn(self, queue: str) -> str:
        url = (await self.clients.sqs.get_queue_url(QueueName=queue))["QueueUrl"]
        return await queue_arn(self.clients.sqs, url)

    async def policy(self) -> str:
        url = (await self.clients.sqs.get_queue_url(QueueName=self.names.announcements))["QueueUrl"]
        answer = await self.clients.sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=["Policy"]
        )
        return answer["Attributes"]["Policy"]

    async def deploy_topic(self, name: str) -> str:
        arn = (await self.clients.sns.create_topic(Name=self.names.topic(name)))["TopicArn"]
        await subscribe_queue(self.clients.sns, arn, await self.arn(self.names.announcements))
        return arn


@pytest.fixture
async def stack(ministack: str) -> AsyncIterator[Stack]:
    """Queues without our tags, and with a policy of the template's own."""
    calls = Calls()
    async with open_proxy("notifier", ministack, Faults(0), calls) as proxy:
        settings = settings_for(
            proxy.url, provision=False, allow_loopback_webhooks=True, live_mark_seconds=0.1
        )
        names = Names(settings.name_prefix)
        async with aws_clients(settings_for(ministack)) as clients:
            await provision(clients, names)
            for name in names.notifier_queues:
                url = (await clients.sqs.get_queue_url(QueueName=name))["QueueUrl"]
                await clients.sqs.untag_queue(QueueUrl=url, TagKeys=[*OURS])
                policy = json.loads(publishing_policy("*", ["arn:aws:sns:*:*:*"]))
                policy["Statement"].append({"Sid": "TlsOnly", **policy["Statement"][0]})
                await clients.sqs.set_queue_attributes(
                    QueueUrl=url, Attributes={"Policy": json.dumps(policy)}
                )
            yield Stack(clients, names, settings, calls)


async def test_a_notifier_delivers_over_what_is_deployed_and_changes_none_of_it(
    stack: Stack,
) -> None:
    before = await stack.policy()
    till = f"{stack.names.prefix}till"
    url = (await stack.clients.sqs.create_queue(QueueName=till))["QueueUrl"]
    policy = publishing_policy(await stack.arn(till), ["arn:aws:sns:*:*:*"])
    await stack.clients.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    async with endpoint() as subscriber, serving(stack.settings) as notifier:
        held = await webhook(notifier, subscriber)
        queue = await subscribe(notifier, channel="sqs", queue_arn=await stack.arn(till))
        async with notifier.stream(topics="coupons") as stream:
            issue = await publish(notifier)
            assert [event["id"] for event in await stream.take(1)] == [issue]
            assert [event["id"] for event in await subscriber.receives(1)] == [issue]
        received = await stack.clients.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)
        assert json.loads(received["Messages"][0]["Body"])["id"] == issue
        own = await stack.arn(stack.names.orders)
        refused = await post_subscription(notifier, channel="sqs", queue_arn=own)
        assert "coffee shop's own" in refused.json()["detail"]
        await queue.ask("DELETE")
        await held.ask("DELETE")
        live = stack.names.live(stack.settings.instance)
        assert await stack.arn(live)
    with pytest.raises(stack.clients.sqs.exceptions.QueueDoesNotExist):
        await stack.arn(live)
    assert stack.calls.on_what_is_deployed == []
    assert stack.calls.actions - RIGHTS == set()
    assert await stack.policy() == before


async def test_a_topic_can_be_added_once_it_is_deployed(stack: Stack) -> None:
    async with endpoint() as subscriber, serving(stack.settings) as notifier:
        put = partial(notifier.http.put, "/topics/sales", json={}, headers=AS_STAFF)
        refused = await put()
        assert (refused.status_code, refused.json()["type"]) == (
            409,
            "/problems/topic-not-deployed",
        )
        assert f"{stack.names.prefix}sales" in refused.json()["detail"]
        assert "template" in refused.json()["detail"]
        assert "sales" not in (await notifier.http.get("/topics")).text

        await stack.deploy_topic("sales")
        assert (await put()).status_code == 201
        await webhook(notifier, subscriber, "sales")
        issue = await publish(notifier, "sales")
        assert [event["id"] for event in await subscriber.receives(1)] == [issue]


async def test_a_topic_that_a_template_drops_takes_nothing_else_with_it(stack: Stack) -> None:
    till = f"{stack.names.prefix}till"
    url = (await stack.clients.sqs.create_queue(QueueName=till))["QueueUrl"]
    policy = publishing_policy(await stack.arn(till), ["arn:aws:sns:*:*:*"])
    await stack.clients.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    arn = await stack.deploy_topic("sales")
    async with serving(stack.settings) as notifier:
        await notifier.http.put("/topics/sales", json={}, headers=AS_STAFF)
        await subscribe(notifier, channel="sqs", queue_arn=await stack.arn(till), topic="sales")
    await stack.clients.sns.delete_topic(TopicArn=arn)

    with capture_logs() as logged:
        async with serving(stack.settings) as notifier:
            async with notifier.stream(topics="coupons") as stream:
                issue = await publish(notifier)
                assert [event["id"] for event in await stream.take(1)] == [issue]
            assert {line["event"] for line in logged} >= {
                "topic.not_deployed",
                "queue.not_subscribed_again",
            }


async def test_a_notifier_waits_for_what_is_not_deployed_yet_and_names_it(
    stack: Stack,
) -> None:
    arn = await stack.deploy_topic("order-events")
    await stack.clients.sns.delete_topic(TopicArn=arn)
    missing = f"no topic '{stack.names.prefix}order-events'"
    with capture_logs() as logged:
        async with serving(stack.settings, ready=False) as notifier:
            await eventually(lambda: any(missing in line.get("error", "") for line in logged))
            assert (await notifier.http.get("/readyz")).status_code == 503
            await stack.deploy_topic("order-events")
            await notifier.ready()
