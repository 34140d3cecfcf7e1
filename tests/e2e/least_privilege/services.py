"""The services of a shop, and what they are asked until it has happened."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.e2e.least_privilege.calls import ACCOUNT, REGION, Right
from tests.e2e.least_privilege.shop import Running, Shop
from tests.e2e.least_privilege.stack import PREFIX
from tests.support.cashier import ORDER
from tests.support.mailing import confirm_path
from tests.support.photos import post_form
from tests.support.waiting import eventually, until

GUESTS = "guests"
"""A queue of somebody else's, to which the shop's services have no right."""

SECONDS = 40


@dataclass
class Services:
    """The services of a shop as they are asked, and the account's owner, who looks on."""

    shop: Shop
    sqs: Any
    cashier: Running
    worker: Running
    photo_worker: Running
    notifier: Running

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

        await until(is_there, SECONDS)
        return found

    async def complete(self, order: str) -> None:
        """Have people make an order, whichever worker has it in hand."""

        async def is_ready() -> bool:
            found = await self.ask(self.cashier, "GET", f"/orders/{order}")
            if found["state"] == "preparing":
                body = {"attempt": found["attempt"]}
                await self.cashier.http.post(f"/orders/{order}/complete", json=body)
            return bool(found["state"] == "ready")

        await until(is_ready, SECONDS)

    async def dead_letters(self, count: int) -> Any:
        """Wait until the cashier lists so many."""
        found: Any = []

        async def does() -> bool:
            nonlocal found
            found = (await self.ask(self.cashier, "GET", "/dead-letters"))["dead_letters"]
            return len(found) == count

        await until(does, SECONDS)
        return found

    async def subscribe(self, wanted: Mapping[str, object]) -> Any:
        return await self.ask(self.notifier, "POST", "/topics/coupons/subscriptions", json=wanted)

    async def as_holder(self, granted: Any, method: str, path: str = "") -> Any:
        """Ask for a subscription, or something below it, as who has its keys."""
        keys = {"Authorization": f"Bearer {granted['manage_token']}"}
        return await self.ask(
            self.notifier, method, f"/subscriptions/{granted['id']}{path}", headers=keys
        )

    async def is_active(self, granted: Any) -> None:
        async def is_there() -> bool:
            return bool((await self.as_holder(granted, "GET"))["state"] == "active")

        await until(is_there, SECONDS)

    async def confirm(self) -> None:
        """Confirm by the last mail's link, as its page does."""
        path, _, token = confirm_path(self.shop.mail.mail[-1]).partition("?token=")
        await self.ask(self.notifier, "POST", path, json={"token": token})

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

        await until(is_there, SECONDS)

    def url(self, queue: str) -> str:
        prefix = "" if queue == GUESTS else PREFIX
        return f"{self.shop.account.url}/{ACCOUNT}/{prefix}{queue}"

    def arn(self, queue: str) -> str:
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{PREFIX}{queue}"

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

        await until(does, SECONDS)

    @contextlib.asynccontextmanager
    async def failing_until_put_off(self, role: str, queue: str) -> AsyncIterator[None]:
        """Let writes to the table fail until a message is put off for that."""
        with self.shop.recorder.failing(self.shop.keys[role].access_key, "dynamodb:PutItem"):
            yield
            await self.put_off(role, queue)

    async def put_off(self, role: str, queue: str) -> None:
        """Wait until a message has been put off."""
        await eventually(lambda: self.has_put_off(role, queue), SECONDS)

    def has_put_off(self, role: str, queue: str) -> bool:
        """Tell whether a message was hidden anew, so as to be worked on for longer, or later."""
        right = Right("sqs:ChangeMessageVisibility", self.arn(queue))
        return self.shop.recorder.has_seen(self.shop.keys[role].access_key, right)
