"""Subscribers of each channel, as in the real world; all record what they receive."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp import web
from standardwebhooks import Webhook
from yarl import URL

from notifier.stream import sse
from shared.runtime.lifecycle import background_task
from shop.client.live_stream import LiveStream
from tests.chaos.audience import Notes, Received
from tests.chaos.newsroom import Newsroom
from tests.support.waiting import until
from tests.support.web import AS_STAFF
from tests.support.webhooks import Request, receiver

AGREES_WITHIN = 10
PUBLISHED = "coffeeshop.newsletter.published.v1"
CHALLENGE = "coffeeshop.subscription.challenge.v1"
_TOKEN = re.compile(r"/confirm\?token=([\w-]+)")


@dataclass(frozen=True, slots=True)
class Granted:
    """A subscription as it was granted."""

    id: str
    manage_token: str

    @property
    def as_manager(self) -> dict[str, str]:
        """The headers of its manager."""
        return {"Authorization": f"Bearer {self.manage_token}"}


async def subscribe(newsroom: Newsroom, topic: str, **request: Any) -> dict[str, Any]:
    """Subscribe as staff, and record the secrets of the answer."""
    async with newsroom.http.post(
        f"/topics/{topic}/subscriptions", json=request, headers=AS_STAFF
    ) as response:
        answer: dict[str, Any] = await response.json()
        assert response.status == HTTPStatus.CREATED, answer
    newsroom.secrets.extend(
        value for name in ("manage_token", "secret") if (value := answer.get(name))
    )
    return answer


async def shown(newsroom: Newsroom, granted: Granted) -> dict[str, Any]:
    """Read a subscription."""
    address = f"/subscriptions/{granted.id}"
    async with newsroom.http.get(address, headers=granted.as_manager) as response:
        answer: dict[str, Any] = await response.json()
        return answer


async def becomes(newsroom: Newsroom, granted: Granted, state: str, seconds: float) -> None:
    """Wait until a subscription is in a state."""

    async def is_so() -> bool:
        return bool((await shown(newsroom, granted))["state"] == state)

    await until(is_so, seconds)


@dataclass
class WebhookSubscriber:
    """A server that verifies each request; it answers the challenge only if it has `agreed`."""

    notes: Notes
    granted: list[Granted] = field(default_factory=list)
    keys: list[Webhook] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Verify and record an event, then answer 200."""
        came_at = time.time()
        event = await request.json()
        if event["type"] == CHALLENGE:
            said = event["data"]["challenge"] if self.notes.agreed else "no, thank you"
            return web.json_response({"challenge": said})
        self._verify(Request(request.method, request.path, request.headers, await request.read()))
        self.notes.received.append(Received(event["id"], event["data"]["subject"], came_at))
        return web.Response()

    async def unsubscribe(self, newsroom: Newsroom) -> None:
        """End its subscriptions; from then on nothing may arrive."""
        for one in self.granted:
            address = f"/subscriptions/{one.id}"
            async with newsroom.http.delete(address, headers=one.as_manager) as response:
                assert response.status == HTTPStatus.NO_CONTENT
        self.notes.ended_at = time.time()

    def _verify(self, request: Request) -> None:
        """Raise WebhookVerificationError unless one of our subscriptions has signed it."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        for key in self.keys:
            with contextlib.suppress(Exception):
                key.verify(request.body, headers)
                return
        raise web.HTTPUnauthorized


@contextlib.asynccontextmanager
async def by_webhook(newsroom: Newsroom, notes: Notes) -> AsyncIterator[WebhookSubscriber]:
    """Subscribe a webhook to each of its topics; if it agrees, wait until it is active."""
    subscriber = WebhookSubscriber(notes)
    newsroom.subscribers.append(notes)
    async with receiver(subscriber.answer) as served:
        url = f"{served.url}/{notes.name}?key=the-key-of-{notes.name}"
        newsroom.secrets += [url, f"the-key-of-{notes.name}"]
        for topic in sorted(notes.topics):
            answer = await subscribe(newsroom, topic, channel="webhook", url=url)
            subscriber.granted.append(Granted(answer["id"], answer["manage_token"]))
            subscriber.keys.append(Webhook(answer["secret"]))
        if notes.agreed:
            for granted in subscriber.granted:
                await becomes(newsroom, granted, "active", AGREES_WITHIN)
        yield subscriber


@dataclass
class MailSubscriber:
    """Reads the mail to one address in the folder."""

    newsroom: Newsroom
    notes: Notes
    granted: list[Granted] = field(default_factory=list)
    _read: set[str] = field(default_factory=set)
    _unsubscribe_links: set[str] = field(default_factory=set)

    @property
    def address(self) -> str:
        """The mail address."""
        return f"{self.notes.name}@subscribers.example"

    def mail(self) -> list[EmailMessage]:
        """Read new mail, and record the issues."""
        new = []
        for file in sorted(self.newsroom.folder.glob("mail/[!.]*.eml")):
            if file.name in self._read:
                continue
            self._read.add(file.name)
            message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            if self.address in message["To"]:
                new.append(message)
                self._note_link(message["List-Unsubscribe"].strip("<>"))
                if "List-Id" in message:
                    received = Received(
                        message["Message-ID"], message["Subject"], file.stat().st_mtime
                    )
                    self.notes.received.append(received)
        return new

    async def confirm(self, granted: Granted) -> None:
        """Follow the link of the confirmation mail, as its page would."""
        token = await self._token(granted)
        address = f"/subscriptions/{granted.id}/confirm"
        async with self.newsroom.http.post(address, json={"token": token}) as response:
            assert response.status == HTTPStatus.OK, await response.text()

    async def unsubscribe(self) -> None:
        """Unsubscribe from each topic by one click, as mail programs do it (RFC 8058)."""
        for link in self._unsubscribe_links:
            form = {"List-Unsubscribe": "One-Click"}
            async with self.newsroom.http.post(link, data=form) as response:
                assert response.status == HTTPStatus.OK, await response.text()
        self.notes.ended_at = time.time()

    def _note_link(self, link: str) -> None:
        if link not in self._unsubscribe_links:
            self._unsubscribe_links.add(link)
            self.newsroom.secrets.append(URL(link).query["token"])

    async def _token(self, granted: Granted) -> str:
        found: list[str] = []

        async def has_come() -> bool:
            for message in self.mail():
                text = message.get_body(("plain",))
                if text is not None and granted.id in (body := text.get_content()):
                    found.extend(_TOKEN.findall(body))
            return bool(found)

        await until(has_come, AGREES_WITHIN)
        self.newsroom.secrets.append(found[0])
        return found[0]


async def by_mail(newsroom: Newsroom, notes: Notes) -> MailSubscriber:
    """Subscribe an address to each of its topics, and confirm if it agrees."""
    subscriber = MailSubscriber(newsroom, notes)
    newsroom.subscribers.append(notes)
    newsroom.secrets.append(subscriber.address)
    for topic in sorted(notes.topics):
        answer = await subscribe(newsroom, topic, channel="email", address=subscriber.address)
        granted = Granted(answer["id"], answer["manage_token"])
        subscriber.granted.append(granted)
        if notes.agreed:
            await subscriber.confirm(granted)
    return subscriber


@contextlib.asynccontextmanager
async def by_stream(newsroom: Newsroom, notes: Notes) -> AsyncIterator[None]:
    """Follow its topics live, and reconnect as a browser does when the stream ends."""
    newsroom.subscribers.append(notes)
    stream = LiveStream(newsroom.http, topics=",".join(sorted(notes.topics)))
    async with background_task(_follow(stream, notes), notes.name):
        async with asyncio.timeout(AGREES_WITHIN):
            while not stream.is_open:  # noqa: ASYNC110 - the client gives no signal of it
                await asyncio.sleep(0.01)
        yield


async def _follow(stream: LiveStream, notes: Notes) -> None:
    while True:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with stream.open() as events:
                async for event in events:
                    if event.kind == "reset":
                        notes.resets += 1
                        continue
                    data = json.loads(event.data)
                    notes.received.append(
                        Received(data["id"], data["data"]["subject"], time.time())
                    )
        await asyncio.sleep(sse.RETRY_SECONDS)
