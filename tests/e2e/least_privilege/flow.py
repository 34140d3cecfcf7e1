"""What a shop does in its life, from the first order to a killed cashier: it uses every right."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
import pytest

from producer.photos.retention import UNNAMED_FOR, PhotoRetention
from producer.settings import CashierSettings
from shared.aws.clients import aws_clients
from shared.aws.provisioning import publishing_policy
from shared.clock import utc_now
from shared.photos.contract import Rendition
from shared.photos.factory import open_photo_store
from shared.store.dynamodb.heartbeats import DynamoDBHeartbeats
from shared.store.dynamodb.table import Table
from shared.store.factory import open_store
from tests.e2e.least_privilege.calls import ACCOUNT, REGION, Right
from tests.e2e.least_privilege.shop import Running, Shop
from tests.e2e.least_privilege.stack import PREFIX, TABLE
from tests.support.cashier import ORDER
from tests.support.mailing import confirm_path
from tests.support.photos import post_form
from tests.support.pictures import photo
from tests.support.stalled_stream import stalled_stream
from tests.support.subscribers import endpoint, in_turn
from tests.support.waiting import eventually, until

GUESTS = "guests"
"""A queue of somebody else's, to which the shop's services have no right."""

_SECONDS = 40
_ISSUE = {"subject": "Free cake", "body": "*Today only.*"}


@dataclass
class Flow:
    """The shop, its services, and the account's owner, who looks on."""

    shop: Shop
    sqs: Any
    cashier: Running
    worker: Running
    photo_worker: Running
    notifier: Running

    # How it is asked.

    async def ask(self, service: Running, method: str, path: str, **options: Any) -> Any:
        """Ask a service as staff; whatever it answers has to be what was asked for."""
        response = await service.http.request(method, path, **options)
        assert response.status_code < 300, f"{method} {path}: {response.text}"
        return response.json() if response.content else None

    async def tap(self, order: str, deed: str, body: object = None, **headers: str) -> Any:
        return await self.ask(
            self.cashier, "POST", f"/orders/{order}/{deed}", json=body, headers=headers
        )

    async def place(self, **more: object) -> Any:
        """Place an order; it is there once."""
        keys = {"Idempotency-Key": secrets.token_hex(16)}
        return await self.ask(self.cashier, "POST", "/orders", json={**ORDER, **more}, headers=keys)

    async def reaches(self, order: str, state: str) -> Any:
        """Wait until an order is in a state; give the order."""
        found: Any = None

        async def is_there() -> bool:
            nonlocal found
            found = await self.ask(self.cashier, "GET", f"/orders/{order}")
            return bool(found["state"] == state)

        await until(is_there, _SECONDS)
        return found

    async def complete(self, order: str) -> None:
        """Have people make an order, whichever worker has it in hand."""

        async def is_ready() -> bool:
            found = await self.ask(self.cashier, "GET", f"/orders/{order}")
            if found["state"] == "preparing":
                body = {"attempt": found["attempt"]}
                await self.cashier.http.post(f"/orders/{order}/complete", json=body)
            return bool(found["state"] == "ready")

        await until(is_ready, _SECONDS)

    def url(self, queue: str) -> str:
        prefix = "" if queue == GUESTS else PREFIX
        return f"{self.shop.account.url}/{ACCOUNT}/{prefix}{queue}"

    async def send(self, queue: str, body: str) -> None:
        """Put a message on a queue, as its owner."""
        await self.sqs.send_message(QueueUrl=self.url(queue), MessageBody=body)

    async def holds(self, queue: str, count: int) -> None:
        """Wait until so many messages are on a queue."""

        async def does() -> bool:
            answer = await self.sqs.get_queue_attributes(
                QueueUrl=self.url(queue), AttributeNames=["ApproximateNumberOfMessages"]
            )
            return int(answer["Attributes"]["ApproximateNumberOfMessages"]) == count

        await until(does, _SECONDS)

    # What happens.

    async def staff_look_after_the_shop(self) -> None:
        """Read and change what staff do."""
        ask, cashier = self.ask, self.cashier
        await ask(cashier, "PUT", "/menu/items/espresso", json={"sold_out": True})
        await ask(cashier, "PUT", "/menu/items/espresso", json={"sold_out": False})
        key = await ask(cashier, "POST", "/staff-keys", json={"name": "Eve", "role": "barista"})
        await ask(cashier, "DELETE", f"/staff-keys/{key['id']}")
        for path in ("/menu/versions", "/shop", "/shop/settings", "/shop/hours", "/shop/changes"):
            await ask(cashier, "GET", path)
        for path in ("/reports/day", "/operations", "/kitchen", "/board/orders", "/orders"):
            await ask(cashier, "GET", path)

    async def orders_are_made(self) -> None:
        """Have one made after it was given back, collected and remade; cancel another."""
        order = (await self.place())["id"]
        begun = await self.reaches(order, "preparing")
        await self.tap(order, "release", {"attempt": begun["attempt"]})
        await self.complete(order)
        await self.tap(order, "collect")
        remade = await self.tap(order, "remake", **{"Idempotency-Key": secrets.token_hex(16)})
        await self.complete(remade["id"])
        canceled = (await self.place())["id"]
        await self.tap(canceled, "cancel", {"reason": "we are out of milk"})

    async def tickets_are_given_up(self) -> None:
        """Have a poison given up, and deleted; then lose a ticket's order, and redrive it."""
        await self.send("orders", "poison")
        await self.holds("orders-dead-letters", 1)
        letters = await self.dead_letters(1)
        await self.ask(self.cashier, "DELETE", f"/dead-letters?ids={letters[0]['id']}")
        await self.worker.stop()
        order = (await self.place())["id"]
        (ticket,) = (
            await self.sqs.receive_message(QueueUrl=self.url("orders"), WaitTimeSeconds=5)
        )["Messages"]
        await self.send("orders-dead-letters", ticket["Body"])
        await self.sqs.delete_message(
            QueueUrl=self.url("orders"), ReceiptHandle=ticket["ReceiptHandle"]
        )
        await self.reaches(order, "failed")
        redrive = await self.ask(self.cashier, "POST", "/dead-letters/redrive", json={"all": True})
        assert len(redrive["redriven"]) == 1, redrive
        await self.ask(self.cashier, "DELETE", "/dead-letters")
        self.worker = await self.shop.start("worker")
        await self.complete(order)

    async def dead_letters(self, count: int) -> Any:
        """Wait until the cashier lists so many."""
        found: Any = []

        async def does() -> bool:
            nonlocal found
            found = (await self.ask(self.cashier, "GET", "/dead-letters"))["dead_letters"]
            return len(found) == count

        await until(does, _SECONDS)
        return found

    async def a_worker_stops_with_an_order_in_hand(self) -> None:
        """Stop a worker: its order goes to the next one at once."""
        order = (await self.place())["id"]
        await self.reaches(order, "preparing")
        await self.worker.stop()
        self.worker = await self.shop.start("worker")
        await self.complete(order)

    async def a_cashier_is_killed(self) -> None:
        """Kill the cashier, and start it again."""
        await self.cashier.kill()
        self.cashier = await self.shop.start("producer")

    async def it_republishes(self) -> None:
        """Wait until the cashier has republished what it may have left unannounced."""
        table = Table(await self.shop.account.client("dynamodb"), TABLE)
        heartbeats = DynamoDBHeartbeats(table, "main", utc_now)

        async def owes(*, something: bool) -> bool:
            (beat,) = await heartbeats.cashier_heartbeats()
            return (beat.unannounced_since is not None) is something

        await until(partial(owes, something=True), _SECONDS)
        await until(partial(owes, something=False), _SECONDS)

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
            await hook.receives(1, _SECONDS)
            await self.shop.mail.took(2)
            async with asyncio.timeout(_SECONDS):
                async for line in events:
                    if "Free cake" in line:
                        break
            for subscription in (webhook, till):
                await self.as_holder(subscription, "DELETE")
        await self.a_customer_is_told_late()
        for path in ("/topics", "/topics/coupons/messages", "/subscriptions/dead-letters"):
            await self.ask(self.notifier, "GET", path)

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

    @contextlib.asynccontextmanager
    async def failing_until_put_off(self, role: str, queue: str) -> AsyncIterator[None]:
        """Let writes to the table fail until a message is put off for that."""
        with self.shop.recorder.failing(self.shop.keys[role].access_key, "dynamodb:PutItem"):
            yield
            await self.put_off(role, queue)

    async def put_off(self, role: str, queue: str) -> None:
        """Wait until a message has been put off."""
        await eventually(lambda: self.has_put_off(role, queue), _SECONDS)

    def has_put_off(self, role: str, queue: str) -> bool:
        """Tell whether a message was hidden anew, so as to be worked on for longer, or later."""
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{PREFIX}{queue}"
        right = Right("sqs:ChangeMessageVisibility", arn)
        return self.shop.recorder.has_seen(self.shop.keys[role].access_key, right)

    async def deliveries_are_given_up(self) -> None:
        """Give up a delivery, and make it again; give up a poison."""
        async with endpoint(in_turn(500, 500, 204)) as hook:
            webhook = await self.subscribe({"channel": "webhook", "url": hook.url})
            await self.is_active(webhook)
            await self.ask(self.notifier, "POST", "/topics/coupons/messages", json=_ISSUE)
            await self.holds("deliveries-dead-letters", 1)
            await self.ask(self.notifier, "GET", "/subscriptions/dead-letters")
            await self.ask(self.notifier, "POST", "/subscriptions/dead-letters/redrive", json={})
            await hook.receives(3, _SECONDS)
        await self.send("deliveries", "poison")
        await self.holds("deliveries-dead-letters", 1)

    async def a_notifier_is_killed(self) -> None:
        """Kill one; the other one removes its queue, and is stopped itself after that."""
        other = await self.shop.start("notifier", COFFEE_NOTIFIER_INSTANCE="killed")
        await other.kill()

        async def is_gone() -> bool:
            found = await self.sqs.list_queues(QueueNamePrefix=f"{PREFIX}live-killed")
            return not found.get("QueueUrls")

        await until(is_gone, _SECONDS)

    async def a_stream_is_not_read(self) -> None:
        """Have events wait for a client that reads nothing, when leases are extended."""
        issue = {"subject": "At length", "body": "words " * 8000}
        topic = "/topics/new-products/messages"

        async def is_put_off() -> bool:
            await self.ask(self.notifier, "POST", topic, json=issue)
            return self.has_put_off("notifier", "live-first")

        async with stalled_stream(self.notifier.http.base_url, "new-products"):
            await until(is_put_off, _SECONDS)

    async def photos_are_shown(self) -> None:
        """Upload a picture, and what is none; fetch the first one, and take it off the menu."""
        trust = aiohttp.TCPConnector(ssl=self.shop.account.trust)
        async with aiohttp.ClientSession(connector=trust) as http:
            async with self.failing_until_put_off("photo worker", "photos"):
                shown = await self.upload(http, photo())
            await self.is_decided(shown, "shown")
            await self.is_decided(await self.upload(http, b"no picture"), "refused")
        await self.holds("photos-dead-letters", 1)
        item = await self.ask(self.cashier, "GET", "/menu/items/espresso/photo")
        fallback = await self.cashier.http.get(item["photo"]["src"])
        assert fallback.status_code == 200
        await self.ask(self.cashier, "DELETE", "/menu/items/espresso/photo")

    async def upload(self, http: aiohttp.ClientSession, picture: bytes) -> str:
        """Upload a file, and give its version."""
        form = await self.ask(self.cashier, "POST", "/menu/items/espresso/photo")
        sent = await post_form(http, form, picture)
        assert sent.status == 204
        return sent.headers["x-amz-version-id"]

    async def is_decided(self, version: str, state: str) -> None:
        """Wait until a photo worker has decided on an upload."""

        async def is_there() -> bool:
            found = await self.ask(self.cashier, "GET", "/menu/items/espresso/photo")
            uploads = [(each["version_id"], each["state"]) for each in found["uploads"]]
            return (version, state) in uploads

        await until(is_there, _SECONDS)

    async def customers_are_forgotten(self) -> None:
        await self.ask(self.cashier, "POST", "/customers/forget", json={"name": "Ada"})
        await self.ask(
            self.notifier, "POST", "/subscriptions/forget", json={"address": "ada@guests.example"}
        )

    async def everything_stops(self) -> None:
        for service in (self.cashier, self.worker, self.photo_worker, self.notifier):
            await service.stop()

    # Subscribers.

    async def subscribe(self, wanted: Mapping[str, object]) -> Any:
        return await self.ask(self.notifier, "POST", "/topics/coupons/subscriptions", json=wanted)

    async def as_holder(self, granted: Any, method: str) -> Any:
        keys = {"Authorization": f"Bearer {granted['manage_token']}"}
        return await self.ask(
            self.notifier, method, f"/subscriptions/{granted['id']}", headers=keys
        )

    async def is_active(self, granted: Any) -> None:
        async def is_there() -> bool:
            return bool((await self.as_holder(granted, "GET"))["state"] == "active")

        await until(is_there, _SECONDS)

    async def confirm(self) -> None:
        """Confirm by the last mail's link, as its page does."""
        path, _, token = confirm_path(self.shop.mail.mail[-1]).partition("?token=")
        await self.ask(self.notifier, "POST", path, json={"token": token})

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

    async def old_photos_are_deleted(self) -> None:
        """Do what a cashier does when it has run for some minutes, as if it were days later."""
        with pytest.MonkeyPatch.context() as environment:
            for name, value in self.shop.variables("producer").items():
                environment.setenv(name, value)
            for name in ("COFFEE_AWS_ACCESS_KEY_ID", "COFFEE_AWS_SECRET_ACCESS_KEY"):
                environment.delenv(name, raising=False)
            settings = CashierSettings()
            async with (
                aws_clients(settings) as clients,
                open_store(settings, clients.dynamodb, utc_now) as store,
                open_photo_store(settings, clients) as photos,
            ):
                names = ("320.webp", "640.webp")
                renditions = [Rendition(name, "image/webp", b"a photo") for name in names]
                await photos.put("f" * 32, renditions)
                retention = PhotoRetention(
                    records=store, photos=photos, clock=lambda: utc_now() + 2 * UNNAMED_FOR
                )
                await retention.delete_unnamed()
                assert await photos.get("f" * 32, "320.webp") is None


@contextlib.asynccontextmanager
async def opened_flow(shop: Shop) -> AsyncIterator[Flow]:
    """Start the services."""
    sqs = await shop.account.client("sqs")
    cashier, worker, photo_worker, notifier = await asyncio.gather(
        shop.start("producer"),
        shop.start("worker"),
        shop.start("photo worker"),
        shop.start("notifier", COFFEE_NOTIFIER_INSTANCE="first"),
    )
    yield Flow(shop, sqs, cashier, worker, photo_worker, notifier)


async def live(flow: Flow) -> None:
    """Live through everything that a shop may meet."""
    await asyncio.gather(
        flow.subscribers_are_told(), flow.photos_are_shown(), flow.staff_look_after_the_shop()
    )
    await asyncio.gather(
        flow.orders_are_made(), flow.deliveries_are_given_up(), flow.a_stream_is_not_read()
    )
    await asyncio.gather(flow.a_notifier_is_killed(), flow.a_worker_stops_with_an_order_in_hand())
    await flow.a_cashier_is_killed()
    await asyncio.gather(flow.it_republishes(), flow.tickets_are_given_up())
    await flow.customers_are_forgotten()
    await flow.old_photos_are_deleted()
    await flow.everything_stops()
