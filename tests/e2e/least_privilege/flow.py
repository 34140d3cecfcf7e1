"""What a shop does in its life, from the first order to a killed cashier: it uses every right."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from functools import partial

import aiohttp
import pytest

from producer.photos.retention import UNNAMED_FOR, PhotoRetention
from producer.settings import CashierSettings
from shared.aws.clients import aws_clients
from shared.clock import utc_now
from shared.photos.contract import Rendition
from shared.photos.factory import open_photo_store
from shared.store.dynamodb.heartbeats import DynamoDBHeartbeats
from shared.store.dynamodb.table import Table
from shared.store.factory import open_store
from tests.e2e.least_privilege.notifications import Notifications
from tests.e2e.least_privilege.services import SECONDS
from tests.e2e.least_privilege.shop import Shop
from tests.e2e.least_privilege.stack import TABLE
from tests.support.pictures import photo
from tests.support.waiting import until


class Flow(Notifications):
    """The life of a shop."""

    async def staff_look_after_the_shop(self) -> None:
        """Read and change what staff do."""
        ask, cashier = self.ask, self.cashier
        await ask(cashier, "PUT", "/menu/items/espresso", json={"sold_out": True})
        await ask(cashier, "PUT", "/menu/items/espresso", json={"sold_out": False})
        key = await ask(cashier, "POST", "/staff-keys", json={"name": "Eve", "role": "barista"})
        await ask(cashier, "DELETE", f"/staff-keys/{key['id']}")
        for path in ("/shop/settings", "/shop/hours", "/menu/document"):
            read = await cashier.http.get(path)
            version = {"If-Match": read.headers["ETag"]}
            await ask(cashier, "PUT", path, json=read.json(), headers=version)
        for path in ("/menu/versions", "/shop", "/shop/changes"):
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

        await until(partial(owes, something=True), SECONDS)
        await until(partial(owes, something=False), SECONDS)

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

    async def customers_are_forgotten(self) -> None:
        await self.ask(self.cashier, "POST", "/customers/forget", json={"name": "Ada"})
        await self.ask(
            self.notifier, "POST", "/subscriptions/forget", json={"address": "ada@guests.example"}
        )

    async def everything_stops(self) -> None:
        for service in (self.cashier, self.worker, self.photo_worker, self.notifier):
            await service.stop()

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
