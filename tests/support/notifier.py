"""A notifier over a real socket and a real emulator, and a client that reads its live streams."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import datetime as dt
import json
import os
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx
from httpx_sse import ServerSentEvent, aconnect_sse

from notifier.app import notifier_service
from notifier.settings import NotifierSettings
from notifier.store.contract import NotifierStore
from notifier.store.factory import open_notifier_store
from notifier.stream.live_queue import LiveQueue, Topics
from shared.aws.clients import AwsClients, aws_clients
from shared.aws.names import Names
from shared.aws.topics import OrderAnnouncer, Topic
from shared.aws.topology import CreatedTopology
from shared.clock import utc_now
from shared.domain.issue import Issue
from shared.domain.order import Order, OrderState, TimelineEntry, advance
from shared.messages.announcement import ORDER_EVENTS, CloudEvent
from shared.messages.topics import BUILT_IN_TOPICS
from shared.web.application import create_app
from shared.web.server import serve
from tests.support.emulator import free_port

STAFF_KEY = "the-key-of-the-staff"
AS_STAFF = {"Authorization": f"Bearer {STAFF_KEY}"}
NO_TLS = False
"""No certificates are read, which takes 30 ms for each client: all is HTTP, on this machine."""

SECONDS = 10
"""How long a test waits for what should happen at once."""

_PLACED_AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


def settings_for(endpoint: str, **settings: Any) -> NotifierSettings:
    """Settings of a shop that nobody else has; its folder goes with this process."""
    chosen = NotifierSettings(
        aws_endpoint_url=endpoint,
        **{
            "name_prefix": f"t{secrets.token_hex(4)}-",
            "grace_seconds": 5,
            "poll_seconds": 1,
            "public_url": "http://127.0.0.1:8080",
            **settings,
        },
    )
    if "state_dir" in settings:
        return chosen
    folder = Path(mkdtemp(prefix="notifier-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return chosen.model_copy(update={"state_dir": folder})


def placed(number: str = "042") -> Order:
    return Order(
        id=secrets.token_hex(16),
        number=number,
        store_id="main",
        customer_name="Ada",
        items=(),
        currency="USD",
        prep_seconds=30,
        timeline=(TimelineEntry(OrderState.PLACED, _PLACED_AT),),
        fingerprint="",
        correlation_id="the-correlation-id",
    )


def then(order: Order, *states: OrderState) -> Order:
    """The order after it has gone through some more states."""
    for state in states:
        order = advance(order, state, order.since + dt.timedelta(seconds=10))
    return order


def newsletter(subject: str, body: str = "") -> CloudEvent:
    return CloudEvent(
        id=secrets.token_hex(8),
        source="/stores/main",
        type="coffeeshop.newsletter.published.v1",
        subject="coupons",
        time=_PLACED_AT,
        data={"topic": "coupons", "subject": subject, "body": body},
    )


@dataclass(frozen=True)
class Announcer:
    """Publishes announcements."""

    clients: AwsClients
    names: Names
    orders: OrderAnnouncer
    coupons: Topic
    store: NotifierStore

    async def announce(self, *orders: Order) -> None:
        """Announce one after the other, so that they are received in this order."""
        for order in orders:
            await self.orders.announce(order)

    async def send_out(self, *issues: CloudEvent) -> None:
        """Publish issues as staff do: each is recorded first."""
        for issue in issues:
            body = issue.model_dump_json(exclude_none=True)
            await self.store.add_issue(Issue(issue.id, "coupons", body, issue.time))
            await self.publish(issue)

    async def publish(self, *issues: CloudEvent) -> None:
        """Publish issues straight to SNS, of which the shop has no record."""
        for issue in issues:
            await self.coupons.publish(issue, {"store_id": "main", "topic": "coupons"}, "coupons")

    async def queue_exists(self, instance: str) -> bool:
        try:
            await self.clients.sqs.get_queue_url(QueueName=self.names.live(instance))
        except self.clients.sqs.exceptions.QueueDoesNotExist:
            return False
        return True

    async def subscriptions(self) -> int:
        """Count the live queues that are subscribed to coupons."""
        answer = await self.clients.sns.list_subscriptions_by_topic(TopicArn=self.coupons.arn)
        live = self.names.live("")
        return sum(live in subscribed["Endpoint"] for subscribed in answer["Subscriptions"])


async def first_topics() -> Collection[str]:
    return BUILT_IN_TOPICS


def live_queue(
    announcer: Announcer,
    instance: str = "one",
    topics: Topics = first_topics,
    expiry_seconds: float = 600,
) -> LiveQueue:
    """A live queue whose notifier is the test."""
    return LiveQueue(
        clients=announcer.clients,
        names=announcer.names,
        store=announcer.store,
        topology=CreatedTopology(announcer.clients, announcer.names),
        instance=instance,
        topics=topics,
        on_open=lambda: None,
        expiry_seconds=expiry_seconds,
        poll_seconds=0,
    )


@contextlib.asynccontextmanager
async def announcing(settings: NotifierSettings) -> AsyncIterator[Announcer]:
    names = Names(settings.name_prefix)
    async with (
        aws_clients(settings) as clients,
        open_notifier_store(settings, clients.dynamodb, utc_now) as store,
    ):

        async def topic(name: str) -> Topic:
            answer = await clients.sns.create_topic(Name=names.topic(name))
            return Topic(clients.sns, answer["TopicArn"])

        events, coupons = await topic(ORDER_EVENTS), await topic("coupons")
        yield Announcer(clients, names, OrderAnnouncer(events), coupons, store)
        await events.close()
        await coupons.close()


class Stream:
    """A live stream as a client reads it. Events without data move its place, as in a browser."""

    def __init__(self, events: AsyncIterator[ServerSentEvent], response: httpx.Response) -> None:
        self._events = events
        self.response = response
        self.last_event_id: str | None = None

    async def next(self) -> ServerSentEvent:
        """Wait for the next event that is no heartbeat."""
        async with asyncio.timeout(SECONDS):
            async for event in self._events:
                self.last_event_id = event.id or self.last_event_id
                if event.data and event.event != "beat":
                    return event
        raise EOFError("the stream has ended")

    async def beat(self) -> str:
        """Wait for the next heartbeat, and give the position in it."""
        async with asyncio.timeout(SECONDS):
            async for event in self._events:
                if event.event == "beat":
                    return event.id
        raise EOFError("the stream has ended")

    async def take(self, count: int) -> list[Any]:
        """Wait for that many CloudEvents; anything else is a failure."""
        taken = []
        for _ in range(count):
            event = await self.next()
            assert event.event == "message", event
            taken.append(json.loads(event.data))
        return taken

    async def reset(self) -> str:
        """Wait for the next event, which has to be a reset, and give its reason."""
        event = await self.next()
        assert event.event == "reset", event
        return str(json.loads(event.data)["reason"])

    async def ended(self) -> bool:
        """Wait for the end of the stream, which has to come before anything else."""
        try:
            await self.next()
        except EOFError:
            return True
        return False


@dataclass(frozen=True)
class Reached:
    """A notifier as its clients reach it."""

    http: httpx.AsyncClient

    @contextlib.asynccontextmanager
    async def stream(
        self, last_event_id: str | None = None, *, staff: bool = False, **selection: str
    ) -> AsyncIterator[Stream]:
        headers = dict(AS_STAFF) if staff else {}
        if last_event_id is not None:
            headers["Last-Event-ID"] = last_event_id
        async with aconnect_sse(
            self.http, "GET", "/events", params=selection, headers=headers
        ) as source:
            events = source.aiter_sse()
            try:
                yield Stream(events, source.response)
            finally:
                await events.aclose()

    async def ready(self) -> None:
        await self.answers("/readyz", lambda response: response.status_code == 200)

    async def counts(self, metric: str, value: int) -> None:
        line = f"{metric} {float(value)}"
        await self.answers("/metrics", lambda response: line in response.text.splitlines())

    async def answers(
        self, path: str, as_hoped: Callable[[httpx.Response], bool], seconds: float = SECONDS
    ) -> None:
        """Ask until the answer is as hoped."""
        async with asyncio.timeout(seconds):
            while True:
                if as_hoped(await self.http.get(path)):
                    return
                await asyncio.sleep(0.02)


@dataclass(frozen=True)
class Serving(Reached):
    """A notifier that this process serves."""

    stop: asyncio.Event
    ended: asyncio.Task[None]


@dataclass(frozen=True)
class NotifierProcess(Reached):
    """A notifier that is a process of its own."""

    process: asyncio.subprocess.Process

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()


@contextlib.asynccontextmanager
async def notifier_process(
    settings: NotifierSettings, log: int | None = None
) -> AsyncIterator[NotifierProcess]:
    """Run `python -m notifier` until the end of the block, unless it is killed before.

    Its log goes to standard error, unless `log` is a descriptor, or the subprocess module's.
    """
    port = free_port()
    chosen = settings.model_copy(update={"port": port, "staff_key": STAFF_KEY})
    variables = {
        f"COFFEE_{name.upper()}": ",".join(map(str, value))
        if isinstance(value, tuple)
        else str(value)
        for name, value in chosen
        if name in chosen.model_fields_set | {"port", "staff_key"}
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "notifier"), env={**os.environ, **variables}, stderr=log
    )
    try:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(
            base_url=url, timeout=SECONDS, trust_env=False, verify=NO_TLS
        ) as http:
            notifier = NotifierProcess(http, process)
            await _listening(port)
            await notifier.ready()
            yield notifier
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.wait(), SECONDS)


async def _listening(port: int) -> None:
    """Wait until somebody listens on a port."""
    async with asyncio.timeout(2 * SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                return


@contextlib.asynccontextmanager
async def serving(settings: NotifierSettings, *, ready: bool = True) -> AsyncIterator[Serving]:
    """Serve a notifier on a free port for as long as the block lasts."""
    app = create_app([notifier_service(settings)], title="A notifier", staff_key=STAFF_KEY)
    stop = asyncio.Event()
    url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    ended = asyncio.create_task(
        serve(
            app,
            port=0,
            stop=stop,
            grace_seconds=5,
            on_listening=url.set_result,
        )
    )
    try:
        async with httpx.AsyncClient(
            base_url=await url, timeout=httpx.Timeout(SECONDS), trust_env=False, verify=NO_TLS
        ) as http:
            notifier = Serving(http, stop, ended)
            if ready:
                await notifier.ready()
            yield notifier
    finally:
        stop.set()
        await ended
