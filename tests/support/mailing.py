"""Mail in tests: a server that accepts it, subscribers who read it, links in it."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from prometheus_client import CollectorRegistry

from notifier.channels.email.composing import Composer
from notifier.channels.email.links import LinkSigner
from notifier.channels.email.rendering import new_templates
from notifier.channels.email.sender import MailSender
from notifier.channels.email.smtp import MailMetrics, SmtpTransport
from notifier.channels.email.smtp_url import SmtpServer, Tls
from shared.clock import utc_now
from shared.domain.subscription import Channel, Subscription
from tests.support.waiting import eventually
from tests.support.webhooks import subscribed

LINKS = LinkSigner("the-secret-of-the-shop", "https://coffee.example")
ADDRESS = "ada@guests.example"


def subscriber(address: str = ADDRESS, topic: str = "coupons") -> Subscription:
    return replace(subscribed(address), channel=Channel.EMAIL, topic=topic, secrets=())


def composer(sender: str = "Coffee shop <shop@coffee.example>") -> Composer:
    return Composer(sender=sender, links=LINKS, templates=new_templates(), clock=utc_now)


def read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def text_of(message: EmailMessage) -> str:
    return _part(message, "plain")


def html_of(message: EmailMessage) -> str:
    return _part(message, "html")


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body([kind])
    assert part is not None
    assert part.get_content_charset() == "utf-8"
    return str(part.get_content()).replace("\r\n", "\n")


def confirm_path(message: EmailMessage) -> str:
    """The path and query of the link in a confirmation mail."""
    return _path(re.search(r"(https?://\S+/confirm\S*)", text_of(message)))


def unsubscribe_path(message: EmailMessage) -> str:
    """The path and query of the link that one click in a mail program posts to."""
    return _path(re.fullmatch(r"<(https?://\S+)>", message["List-Unsubscribe"]))


def _path(link: re.Match[str] | None) -> str:
    assert link is not None
    parts = urlsplit(link[1])
    return f"{parts.path}?{parts.query}"


@dataclass
class MailServer:
    """An SMTP server that answers as a test wants it to."""

    rcpt: str = "250 OK"
    data: str = "250 OK"
    port: int = 0
    tls: Tls = Tls.NONE
    received: list[Envelope] = field(default_factory=list)
    most_at_once: int = 0
    refused_so_far: int = 0
    _at_once: int = 0

    @property
    def mail(self) -> list[EmailMessage]:
        return [read(envelope.original_content or b"") for envelope in self.received]

    @property
    def address(self) -> SmtpServer:
        return SmtpServer("localhost", self.port, self.tls)

    async def took(self, count: int) -> None:
        """Wait until so many mails have come."""
        await eventually(lambda: len(self.received) >= count, 20)

    async def refused(self, count: int) -> None:
        """Wait until so many mails were refused."""
        await eventually(lambda: self.refused_so_far >= count, 20)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it that
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return self.rcpt

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it that
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        await asyncio.sleep(0.05)
        self._at_once -= 1
        if self.data.startswith("250"):
            self.received.append(envelope)
        else:
            self.refused_so_far += 1
        return self.data


@contextlib.asynccontextmanager
async def mail_server(
    server: MailServer | None = None, proof: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[MailServer]:
    """Serve on a free port of loopback; with `proof`, over TLS as `server.tls` says."""
    server = server or MailServer()
    starttls = proof if server.tls is Tls.STARTTLS else None

    conversations: list[SMTP] = []

    def protocol() -> SMTP:
        conversation = SMTP(
            server,
            enable_SMTPUTF8=True,
            tls_context=starttls,
            require_starttls=starttls is not None,
            **options,
        )
        conversations.append(conversation)
        return conversation

    implicit = proof if server.tls is Tls.IMPLICIT else None
    loop = asyncio.get_running_loop()
    async with await loop.create_server(protocol, "127.0.0.1", 0, ssl=implicit) as serving:
        server.port = serving.sockets[0].getsockname()[1]
        yield server
        await _close(conversations)


async def _close(conversations: Collection[SMTP]) -> None:
    """Close connections that clients have left without QUIT; sockets close some cycles later."""
    for conversation in conversations:
        if isinstance(conversation.transport, asyncio.WriteTransport):
            conversation.transport.abort()
    for _ in range(5):
        await asyncio.sleep(0)


Answering: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def answering(
    answer: Answering,
) -> AsyncIterator[SmtpServer]:
    """Serve on a free port of loopback, and answer in any way."""
    conversations: set[asyncio.Task[object]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        conversations.add(task)
        try:
            await answer(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as serving:
        yield SmtpServer("localhost", serving.sockets[0].getsockname()[1], Tls.NONE)
        for task in conversations:
            task.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)


def knows(username: str, password: str) -> dict[str, Any]:
    """Options of a server that only lets this user in, without TLS."""

    def authenticate(*arguments: Any) -> AuthResult:
        login = arguments[-1]
        assert isinstance(login, LoginPassword)
        right = (login.login, login.password) == (username.encode(), password.encode())
        return AuthResult(success=right, handled=False)

    return {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}


def sender_to(
    address: SmtpServer, validate: ssl.SSLContext | None = None, **options: Any
) -> MailSender:
    validate = validate or ssl.create_default_context()
    return MailSender(
        SmtpTransport(address, validate, MailMetrics(CollectorRegistry()), **options), composer()
    )


async def mail_in(folder: Path, count: int = 1) -> list[EmailMessage]:
    """Wait until so many mails have come, and give them in the order of their names."""
    await eventually(lambda: len(mail_so_far(folder)) >= count, 20)
    return mail_so_far(folder)


def mail_so_far(folder: Path) -> list[EmailMessage]:
    return [read(file.read_bytes()) for file in sorted(folder.glob("[!.]*.eml"))]
