"""A cashier of a shop of its own, served over a real socket, with a real queue and store."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from producer.app import cashier_service
from producer.context import CASHIER
from producer.settings import CashierSettings
from shared.aws.clients import AwsClients, aws_clients
from shared.aws.names import Names
from shared.aws.provisioning import ensure_queue, provision, publishing_policy
from shared.aws.queue import SqsQueue
from shared.aws.queues import open_orders_queue
from shared.clock import utc_now
from shared.consuming.message import Message
from shared.domain.order import Order, OrderState, advance
from shared.messages.announcement import ORDER_EVENTS
from shared.store.contract import Store
from shared.web.application import create_app
from shared.web.limits import WebLimits
from shared.web.server import serve
from tests.support.web import AS_STAFF, STAFF_KEY, said_to

LINE: dict[str, Any] = {
    "item": "latte",
    "size": "large",
    "modifiers": ["oat-milk"],
    "quantity": 2,
    "note": "hot",
}
ORDER: dict[str, Any] = {"customer_name": "Ada", "items": [LINE]}


def new_key() -> str:
    """Make an idempotency key."""
    return secrets.token_hex(16)


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int
    headers: CIMultiDictProxy[str]
    body: Any

    @property
    def problem(self) -> tuple[int, str]:
        return self.status, self.body["type"]

    @property
    def pointers(self) -> list[str]:
        return [error["pointer"] for error in self.body["errors"]]


class ServedCashier:
    """A cashier, its clients, and what its work leaves in the store and the queues."""

    def __init__(
        self,
        *,
        http: aiohttp.ClientSession,
        url: URL,
        store: Store,
        clients: AwsClients,
        names: Names,
    ) -> None:
        self.http = http
        self.url = url
        self.store = store
        self.clients = clients
        self.names = names

    async def confirmation_requests(self) -> int:
        """Count the waiting jobs: each requests one confirmation."""
        sqs = self.clients.sqs
        url = (await sqs.get_queue_url(QueueName=self.names.deliveries))["QueueUrl"]
        answer = await sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Any = None,
    ) -> Answered:
        """Make a request; bytes go as they are, anything else as JSON. Checks what always holds."""
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = [*({"Content-Type": "application/json"} if raw is not None else {}).items()]
        sent += headers.items() if isinstance(headers, Mapping) else headers or []
        async with self.http.request(
            method, self.url.join(URL(path, encoded=True)), data=raw, headers=sent
        ) as response:
            text = await response.read()
            assert response.headers["X-Correlation-ID"]
            if response.status < 400:
                assert response.content_type == "application/json"
                return Answered(response.status, response.headers, json.loads(text or "null"))
            problem = json.loads(text)
            assert response.content_type == "application/problem+json"
            assert problem["status"] == response.status
            assert problem["type"].startswith("/problems/")
            assert problem["title"]
            assert problem["detail"]
            return Answered(response.status, response.headers, problem)

    async def place(
        self, order: object = ORDER, key: str | None = None, **headers: str
    ) -> Answered:
        """Place an order as a customer does."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            named["Idempotency-Key"] = key
        return await self.ask("POST", "/orders", order, named)

    async def send_bare(self, target: bytes, head: bytes, body: bytes) -> tuple[int, str]:
        """Send a request with raw header lines, which no client library would send."""
        if b"content-type" not in head.lower():
            head += b"Content-Type: application/json\r\n"
        answered = await said_to(
            self.url,
            target + b" HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n" + head,
            b"Content-Length: %d\r\n\r\n" % len(body) + body,
        )
        return int(answered.split(" ", 2)[1]), json.loads(answered.partition("\r\n\r\n")[2])["type"]

    async def staff(self, method: str, path: str, body: object = None) -> Answered:
        """Make a request as staff."""
        return await self.ask(method, path, body, AS_STAFF)

    async def moved(self, order_id: str, *states: OrderState) -> Order:
        """Move an order as a barista would."""
        order = await self.store.get(order_id)
        assert order is not None
        for state in states:
            before, order = order, advance(order, state, utc_now())
            await self.store.replace(before, order)
        return order

    async def tickets(self, order_id: str) -> list[Message]:
        """Take the tickets from the queue, and return those of this order."""
        return [ticket for ticket in await self.take_tickets() if order_id in ticket.body]

    async def take_tickets(self) -> list[Message]:
        """Take every ticket from the queue that is waiting there."""
        async with open_orders_queue(self.clients, self.names, wait_time=0) as queue:
            waiting, _ = await queue.waiting_and_in_flight()
            return await _taken(queue, waiting)

    async def send(self, *bodies: str) -> None:
        """Put messages on the orders queue, tickets or not."""
        async with open_orders_queue(self.clients, self.names) as queue:
            for body in bodies:
                await queue.send(body)

    async def bury_all(self, reason: str = "for a test") -> None:
        """Dead-letter everything that waits on the orders queue."""
        async with open_orders_queue(self.clients, self.names, wait_time=0) as queue:
            waiting, _ = await queue.waiting_and_in_flight()
            for ticket in await _taken(queue, waiting):
                await queue.dead_letter(ticket, reason)

    @contextlib.asynccontextmanager
    async def announcements(self) -> AsyncIterator[SqsQueue]:
        """Subscribe a queue to the order events from now on."""
        name = f"{self.names.prefix}listener-{secrets.token_hex(4)}"
        arn = await ensure_queue(self.clients.sqs, name, {})
        url = (await self.clients.sqs.get_queue_url(QueueName=name))["QueueUrl"]
        topic = (await self.clients.sns.create_topic(Name=self.names.topic(ORDER_EVENTS)))[
            "TopicArn"
        ]
        await self.clients.sqs.set_queue_attributes(
            QueueUrl=url, Attributes={"Policy": publishing_policy(arn, [topic])}
        )
        await self.clients.sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
        )
        queue = SqsQueue(self.clients.sqs, url, wait_time=1)
        yield queue
        await queue.close()


async def _taken(queue: SqsQueue, count: int) -> list[Message]:
    taken: list[Message] = []
    while len(taken) < count:
        taken += await queue.receive(10)
    return taken


def settings_for(emulator: str, state_dir: Path, **settings: Any) -> CashierSettings:
    """Settings of a cashier in a shop of its own."""
    return CashierSettings(
        aws_endpoint_url=emulator,
        state_dir=state_dir,
        **{
            "name_prefix": f"t{secrets.token_hex(4)}-",
            "orders_per_minute": 0,
            "grace_seconds": 5,
            "reconcile_seconds": 3600,
            "opening_photos": False,
            "port": 0,
            **settings,
        },
    )


@contextlib.asynccontextmanager
async def provisioned_shop(settings: CashierSettings) -> AsyncIterator[tuple[AwsClients, Names]]:
    """Make the queues and topics of a shop, with clients for them."""
    names = Names(settings.name_prefix)
    async with aws_clients(settings) as clients:
        await provision(clients, names)
        yield clients, names


@contextlib.asynccontextmanager
async def open_cashier(
    settings: CashierSettings, *, through: str | None = None, limits: WebLimits | None = None
) -> AsyncIterator[ServedCashier]:
    """Serve a cashier for as long as the block lasts; its own calls to AWS may go `through`."""
    async with provisioned_shop(settings) as (clients, names):
        reaching = settings.model_copy(update={"aws_endpoint_url": through} if through else {})
        app = create_app(
            [cashier_service(reaching)],
            title="Cashier",
            staff_key=STAFF_KEY,
            limits=limits,
            trusted_proxies=settings.trusted_proxies,
        )
        stop = asyncio.Event()
        listening: asyncio.Queue[str] = asyncio.Queue()
        served = asyncio.create_task(
            serve(app, port=0, stop=stop, grace_seconds=5, on_listening=listening.put_nowait)
        )
        try:
            async with asyncio.timeout(10):
                url = URL(await listening.get())
            async with aiohttp.ClientSession() as http:
                yield ServedCashier(
                    http=http, url=url, store=app[CASHIER].store, clients=clients, names=names
                )
        finally:
            stop.set()
            await served
