"""Subscribers with webhooks: their names, receivers and subscriptions."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from aiohttp import ClientSession, web
from aiohttp.abc import AbstractResolver, ResolveResult

from notifier.channels.webhook.sender import WebhookSender
from notifier.channels.webhook.session import webhook_session
from shared.clock import Clock, utc_now
from shared.domain.subscription import (
    Channel,
    Filter,
    SigningSecret,
    Subscription,
    SubscriptionState,
)
from shared.domain.tokens import new_signing_secret
from shared.domain.webhook_url import WebhookUrlRules
from shared.messages.announcement import CloudEvent

LOOPBACK_TOO = WebhookUrlRules(allow_loopback=True)
AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)

Answering: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Names(AbstractResolver):
    """Names with their addresses, one answer for each look-up; the last answer stays."""

    def __init__(self, answers_by_name: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._answers = {name: list(answers) for name, answers in answers_by_name.items()}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        del family
        answers = self._answers.get(host)
        if answers is None:
            raise OSError(socket.EAI_NONAME, "no such name")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


@dataclass(frozen=True)
class Request:
    """What a receiver was sent."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """A subscriber's server."""

    answering: Answering
    received: list[Request] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def receive(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.received.append(Request(request.method, request.path, dict(request.headers), body))
        return await self.answering(request)


@contextlib.asynccontextmanager
async def receiver(
    answering: Answering, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """Serve a receiver on a free port of loopback."""
    served = Receiver(answering)
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", served.receive)
    runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        served.port = runner.addresses[0][1]
        yield served
    finally:
        await runner.cleanup()


def answers(
    status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Answering:
    """Answer every request alike."""

    async def answering(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body, headers=headers)

    return answering


async def echoes(request: web.Request) -> web.StreamResponse:
    """Answer a challenge as a subscriber should."""
    event = await request.json()
    return web.json_response({"challenge": event["data"]["challenge"]})


@dataclass
class Listener:
    """Counts connections, and answers none."""

    port: int
    accepted: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)


@contextlib.asynccontextmanager
async def listener() -> AsyncIterator[Listener]:
    """Listen on one port of loopback, by IPv4 and IPv6."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
        with socket.create_server(("::1", port), family=socket.AF_INET6) as other:
            counted = Listener(port)

            async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                counted.accepted += 1
                counted.came.set()
                writer.close()

            async with (
                await asyncio.start_server(accept, sock=one),
                await asyncio.start_server(accept, sock=other),
            ):
                yield counted


@contextlib.asynccontextmanager
async def sending(
    rules: WebhookUrlRules = LOOPBACK_TOO,
    resolver: AbstractResolver | None = None,
    seconds: float = 5,
) -> AsyncIterator[WebhookSender]:
    """Give a sender by the real clock, for as long as the block lasts."""
    async with webhook_session(rules, resolver=resolver, seconds=seconds) as session:
        yield sender_through(session, rules)


def sender_through(
    session: ClientSession, rules: WebhookUrlRules = LOOPBACK_TOO, clock: Clock = utc_now
) -> WebhookSender:
    return WebhookSender(session=session, challenge_session=session, rules=rules, clock=clock)


def subscribed(target: str, *secrets: SigningSecret) -> Subscription:
    return Subscription(
        id="s1",
        store_id="main",
        topic="order-events",
        channel=Channel.WEBHOOK,
        target=target,
        filter=Filter(),
        state=SubscriptionState.ACTIVE,
        created_at=AT,
        since=AT,
        manage_digest="",
        secrets=secrets or (SigningSecret(new_signing_secret()),),
    )


def ready_event(**data: object) -> CloudEvent:
    return CloudEvent(
        id="o1:3",
        source="/stores/main",
        type="coffeeshop.order.ready.v1",
        subject="o1",
        time=AT,
        data={"order_id": "o1", "number": "042", "customer": "Zoë", **data},
    )
