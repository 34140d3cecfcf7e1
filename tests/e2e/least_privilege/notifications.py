"""What a notifier does in its life."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from shared.aws.provisioning import publishing_policy
from tests.e2e.least_privilege.calls import ACCOUNT, REGION
from tests.e2e.least_privilege.services import GUESTS, SECONDS, Services
from tests.e2e.least_privilege.stack import PREFIX
from tests.support.stalled_stream import stalled_stream
from tests.support.subscribers import endpoint, in_turn
from tests.support.waiting import until

_ISSUE = {"subject": "Free cake", "body": "*Today only.*"}


class Notifications(Services):
    """Subscribers of every kind, who are told, late or never."""

    async def subscribers_are_told(self) -> None:
        """Deliver by webhook, by mail, to a queue and to a live stream."""
        await self.ask(self.notifier, "PUT", "/topics/coupons", json={"description": "Less to pay"})
        async with self.guests_queue() as queue, endpoint() as hook, self.stream() as events:
            wanted = {"channel": "webhook", "url": hook.url}
            webhook = await self.subscribe(wanted)
            till = await self.subscribe({"channel": "sqs", "queue_arn": queue})
            await self.subscribe({"channel": "email", "address": "ada@guests.example"})
            await self.shop.mail.took(1)
            await self.confirm()
            await self.is_active(webhook)
            await self.ask(self.notifier, "POST", "/topics/coupons/messages", json=_ISSUE)
            await self.holds(GUESTS, 1)
            await hook.receives(1, SECONDS)
            (delivery,) = (await self.as_holder(webhook, "GET"))["deliveries"]
            await self.as_holder(webhook, "POST", f"/deliveries/{delivery['id']}/redeliver")
            await hook.receives(2, SECONDS)
            await self.as_holder(webhook, "POST", "/secret")
            await self.shop.mail.took(2)
            async with asyncio.timeout(SECONDS):
                async for line in events:
                    if "Free cake" in line:
                        break
            for subscription in (webhook, till):
                await self.as_holder(subscription, "DELETE")
        await self.a_customer_is_told_late()
        await self.an_issue_is_withdrawn()
        await self.own_queues_are_refused()
        for path in ("/topics", "/topics/coupons/messages", "/subscriptions/dead-letters"):
            await self.ask(self.notifier, "GET", path)

    async def own_queues_are_refused(self) -> None:
        """Subscribe none of the shop's own queues, though its topics may send to some."""
        for queue in ("announcements", "announcements-undelivered", "orders"):
            wanted = {"channel": "sqs", "queue_arn": self.arn(queue)}
            path = "/topics/coupons/subscriptions"
            refused = await self.notifier.http.post(path, json=wanted)
            assert refused.status_code == 422, refused.text

    async def an_issue_is_withdrawn(self) -> None:
        """Take back what was to be published."""
        issues = "/topics/coupons/messages"
        held = await self.ask(self.notifier, "POST", issues, json={**_ISSUE, "hold": True})
        await self.ask(self.notifier, "GET", f"{issues}/{held['id']}/report")
        await self.ask(self.notifier, "DELETE", f"{issues}/{held['id']}")

    async def a_customer_is_told_late(self) -> None:
        """Tell who has placed an order by mail, though the store fails when it is ready."""
        mails = len(self.shop.mail.received)
        contact = {"channel": "email", "address": "bob@guests.example"}
        order = (await self.place(notify=contact))["id"]
        await self.shop.mail.took(mails + 1)
        await self.confirm()
        await self.reaches(order, "preparing")
        async with self.failing_until_put_off("notifier", "announcements"):
            await self.complete(order)
        await self.shop.mail.took(mails + 2)

    async def deliveries_are_given_up(self) -> None:
        """Give up a delivery, and make it again; give up a poison."""
        async with endpoint(in_turn(500, 500, 204)) as hook:
            webhook = await self.subscribe({"channel": "webhook", "url": hook.url})
            await self.is_active(webhook)
            await self.ask(self.notifier, "POST", "/topics/coupons/messages", json=_ISSUE)
            await self.holds("deliveries-dead-letters", 1)
            await self.ask(self.notifier, "GET", "/subscriptions/dead-letters")
            await self.ask(self.notifier, "POST", "/subscriptions/dead-letters/redrive", json={})
            await hook.receives(3, SECONDS)
        await self.send("deliveries", "poison")
        await self.holds("deliveries-dead-letters", 1)

    async def a_notifier_is_killed(self) -> None:
        """Kill one; the other one removes its queue, and is stopped itself after that."""
        other = await self.shop.start("notifier", COFFEE_NOTIFIER_INSTANCE="killed")
        await other.kill()

        async def is_gone() -> bool:
            found = await self.sqs.list_queues(QueueNamePrefix=f"{PREFIX}live-killed")
            return not found.get("QueueUrls")

        await until(is_gone, SECONDS)

    async def a_stream_is_not_read(self) -> None:
        """Have events wait for a client that reads nothing, when leases are extended."""
        issue = {"subject": "At length", "body": "words " * 8000}
        topic = "/topics/new-products/messages"

        async def is_put_off() -> bool:
            await self.ask(self.notifier, "POST", topic, json=issue)
            return self.has_put_off("notifier", "live-first")

        async with stalled_stream(self.notifier.http.base_url, "new-products"):
            await until(is_put_off, SECONDS)

    @contextlib.asynccontextmanager
    async def guests_queue(self) -> AsyncIterator[str]:
        """Make a queue that lets the topic in; give its ARN."""
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{GUESTS}"
        topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:{PREFIX}coupons"
        await self.sqs.create_queue(
            QueueName=GUESTS, Attributes={"Policy": publishing_policy(arn, [topic])}
        )
        yield arn

    @contextlib.asynccontextmanager
    async def stream(self) -> AsyncIterator[AsyncIterator[str]]:
        """Follow a topic; give the lines of its events."""
        async with self.notifier.http.stream("GET", "/events?topics=coupons") as response:
            assert response.status_code == 200
            yield response.aiter_lines()
