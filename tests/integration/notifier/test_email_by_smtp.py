"""Mail is sent to a real SMTP server, whose answers decide the outcome of an attempt."""

from __future__ import annotations

import asyncio
import ssl
import time
from pathlib import Path

import pytest
import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from prometheus_client import CollectorRegistry

from notifier.channels.channel import (
    Accepted,
    AttemptResult,
    LocalFailure,
    PermanentFailure,
    TransientFailure,
)
from notifier.channels.email.sender import MailSender
from notifier.channels.email.smtp import MailMetrics, SmtpTransport
from notifier.channels.email.smtp_url import SmtpServer, Tls
from shared.messages.announcement import CloudEvent
from tests.support.certificates import Certificate
from tests.support.emulator import free_port
from tests.support.mailing import (
    ADDRESS,
    Answering,
    MailServer,
    answering,
    composer,
    html_of,
    knows,
    mail_server,
    sender_to,
    subscriber,
    text_of,
)
from tests.support.notifier import newsletter

ISSUE = newsletter("Grüße ☕", "Half price for **Zoë**")
UNREACHABLE = LocalFailure("the mail server cannot be reached")
NO_TLS = LocalFailure("TLS could not be agreed on with the mail server")


async def delivered(server: MailServer, event: CloudEvent = ISSUE) -> AttemptResult:
    async with mail_server(server):
        return await sender_to(server.address).deliver(subscriber(), event)


async def test_mail_arrives() -> None:
    server = MailServer()
    assert await delivered(server) == Accepted()
    [envelope], [mail] = server.received, server.mail
    assert envelope.mail_from == "shop@coffee.example"
    assert envelope.rcpt_tos == [ADDRESS]
    assert mail["Subject"] == "Grüße ☕"
    assert "Half price for **Zoë**\n" in text_of(mail)
    assert "Half price for <strong>Zoë</strong>" in html_of(mail)


async def test_a_confirmation_request_arrives() -> None:
    async with mail_server() as server:
        assert (
            await sender_to(server.address).request_confirmation(subscriber(), "the-token")
            == Accepted()
        )
    assert server.mail[0]["Subject"] == "Please confirm your subscription"


async def test_lines_with_dots_alone_do_not_end_a_mail() -> None:
    server = MailServer()
    await delivered(server, newsletter("Dots", "one\n.\n..\nRCPT TO:<eve@elsewhere.example>\n"))
    assert "one\n.\n..\nRCPT TO:<eve@elsewhere.example>\n" in text_of(server.mail[0])
    assert server.received[0].rcpt_tos == [ADDRESS]


@pytest.mark.parametrize("answer", ["550 5.1.1 No such user here", "552 5.2.1 Disabled"])
async def test_a_permanent_refusal_of_the_recipient_is_a_permanent_failure(answer: str) -> None:
    bounced = PermanentFailure(f"the mail was refused with {answer[:3]}")
    assert await delivered(MailServer(rcpt=answer)) == bounced
    assert await delivered(MailServer(data=answer)) == bounced
    async with mail_server(MailServer(rcpt=answer)) as server:
        assert (
            await sender_to(server.address).request_confirmation(subscriber(), "the-token")
            == bounced
        )


@pytest.mark.parametrize("answer", ["450 4.2.1 Mailbox busy", "452 4.2.2 Full", "552 5.2.2 Full"])
async def test_a_mailbox_that_is_busy_or_full_is_a_transient_failure(answer: str) -> None:
    refused = TransientFailure(f"the mail server answered {answer[:3]}")
    assert await delivered(MailServer(rcpt=answer)) == refused
    assert await delivered(MailServer(data=answer)) == refused


@pytest.mark.parametrize(
    "answer",
    [
        *("451 Try again", "550 No such user, or no relaying", "554 Looks like spam"),
        *("550 5.7.1 Relaying denied", "554 5.7.0 Policy", "552 5.3.4 Too big", "552 5.2.3 Long"),
        *("501 5.1.7 Bad sender", "550 5.1.8 Bad sender", "550 5.6.0 Content", "503 5.5.1 Order"),
        *("550 4.1.1 Confused", "550 55.1.1 Confused", "550 5.1.1111 Confused"),
    ],
)
async def test_any_other_refusal_is_held_against_nobody(answer: str) -> None:
    refused = TransientFailure(f"the mail server answered {answer[:3]}", of_subscriber=False)
    assert await delivered(MailServer(rcpt=answer)) == refused
    assert await delivered(MailServer(data=answer)) == refused


@pytest.mark.parametrize("answer", ["421 4.3.2 Closing", "454 4.7.0 TLS", "530 5.7.0 Log in"])
async def test_a_server_that_is_closing_or_wants_a_login_is_a_local_failure(answer: str) -> None:
    local = LocalFailure(f"the mail server answered {answer[:3]}")
    assert await delivered(MailServer(rcpt=answer)) == local


STEPS = ("banner", "EHLO", "MAIL", "RCPT", "DATA", "end of data")
REFUSALS = ("421 Closing", "450 No", "501 5.1.7 Sender", "504 5.5.2 FQDN", "535 5.7.8 No", "550 No")


@pytest.mark.parametrize("answer", REFUSALS)
@pytest.mark.parametrize("step", STEPS)
async def test_a_server_that_refuses_us_at_any_step_pauses_nobody(step: str, answer: str) -> None:
    async with answering(refusing_at(step, answer.encode())) as address:
        attempt = await sender_to(address).deliver(subscriber(), ISSUE)
    assert isinstance(attempt, LocalFailure) or (
        isinstance(attempt, TransientFailure) and not attempt.of_subscriber
    )
    if step in {"banner", "EHLO", "MAIL"}:
        assert isinstance(attempt, LocalFailure)


def refusing_at(step: str, answer: bytes) -> Answering:
    """Accept everything before a step, and answer that and what follows with a refusal."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(at: str, text: bytes) -> None:
            writer.write((answer if STEPS.index(at) >= STEPS.index(step) else text) + b"\r\n")

        await say("banner", b"220 hello")
        while line := await reader.readline():
            verb = line[:4].decode().upper()
            if verb == "DATA":
                await say("DATA", b"354 go on")
                if step == "end of data":
                    await reader.readuntil(b"\r\n.\r\n")
                    await say("end of data", b"250 fine")
            else:
                await say(verb if verb in STEPS else "EHLO", b"250 fine")

    return converse


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
async def test_a_relay_that_wants_a_lawful_greeting_gets_one() -> None:
    class Strict(MailServer):
        async def handle_EHLO(  # noqa: N802 - aiosmtpd calls it that
            self,
            _server: SMTP,
            session: Session,
            _envelope: Envelope,
            hostname: str,
            responses: list[str],
        ) -> list[str]:
            session.host_name = hostname
            greetings.append(hostname)
            is_lawful = "." in hostname.strip("[]")
            return responses if is_lawful else [refusal]

        async def handle_HELO(  # noqa: N802 - aiosmtpd calls it that
            self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str
        ) -> str:
            session.host_name = hostname
            return "250 OK" if "." in hostname.strip("[]") else refusal

    refusal = "504 5.5.2 Helo command rejected: need FQDN"
    greetings: list[str] = []
    assert await delivered(Strict()) == Accepted()
    async with mail_server(Strict()) as server:
        sender = sender_to(server.address, ehlo_name="shop.coffee.example")
        assert await sender.deliver(subscriber(), ISSUE) == Accepted()
        refused = await sender_to(server.address, ehlo_name="shop").deliver(subscriber(), ISSUE)
    assert refused == LocalFailure("the mail server refuses our mail: 504")
    assert {"[127.0.0.1]", "shop.coffee.example"} <= set(greetings)


async def test_a_mail_server_without_smtputf8_refuses_such_an_address_clearly() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        while await reader.readline():
            writer.write(b"250 fine\r\n")

    async with answering(plain) as address:
        attempt = await sender_to(address).deliver(subscriber("zoë@guests.example"), ISSUE)
    assert attempt == PermanentFailure("the mail server takes ASCII addresses only")


async def test_the_operator_is_warned_of_refusals_once_a_minute_and_sees_their_number() -> None:
    registry = CollectorRegistry()
    async with mail_server(MailServer(rcpt="550 5.7.1 Relaying denied")) as server:
        transport = SmtpTransport(
            server.address, ssl.create_default_context(), MailMetrics(registry)
        )
        with structlog.testing.capture_logs() as lines:
            for _ in range(3):
                await MailSender(transport, composer()).deliver(subscriber(), ISSUE)
    warnings = [line for line in lines if line["log_level"] == "warning"]
    assert [(line["event"], line["code"]) for line in warnings] == [("mail.refused", 550)]
    assert "guests.example" not in str(lines)
    failures = registry.get_sample_value("coffeeshop_mail_failures_total", {"about": "us"})
    assert failures == 3


@pytest.mark.parametrize("flood", [b"250-more\r\n", b"2" * 1024])
async def test_a_reply_without_end_is_given_up_soon(flood: bytes) -> None:
    sent = 0

    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        while True:
            writer.write(flood * 100)
            sent += len(flood) * 100
            await writer.drain()

    async with answering(speak) as address, asyncio.timeout(3):
        attempt = await sender_to(address).deliver(subscriber(), ISSUE)
    assert isinstance(attempt, LocalFailure)
    assert sent < 20_000_000


async def test_a_server_that_never_answers_is_given_up() -> None:
    async def stall(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with answering(stall) as address, asyncio.timeout(3):
        sender = sender_to(address, seconds=0.3, most=1)
        attempts = await asyncio.gather(*(sender.deliver(subscriber(), ISSUE) for _ in range(9)))
    assert attempts == [LocalFailure("no answer of the mail server in time")] * 9


async def test_a_server_that_answers_byte_by_byte_is_given_up() -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(b"220-hello\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with answering(drip) as address, asyncio.timeout(3):
        attempt = await sender_to(address, seconds=0.3).deliver(subscriber(), ISSUE)
    assert attempt == LocalFailure("no answer of the mail server in time")


async def test_accepted_mail_is_delivered_even_if_the_server_never_answers_quit() -> None:
    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        while line := await reader.readline():
            if line.startswith(b"QUIT"):
                break
            if line.startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250 fine\r\n")
        await reader.read()

    async with answering(take) as address:
        begun = time.monotonic()
        assert await sender_to(address).deliver(subscriber(), ISSUE) == Accepted()
        assert time.monotonic() - begun < 3


async def test_a_server_that_is_out_of_reach_is_a_local_failure() -> None:
    address = SmtpServer("localhost", free_port(), Tls.NONE)
    assert await sender_to(address).deliver(subscriber(), ISSUE) == UNREACHABLE


async def test_a_server_has_no_more_connections_than_it_may() -> None:
    async with mail_server() as server:
        sender = sender_to(server.address, most=3)
        attempts = await asyncio.gather(*(sender.deliver(subscriber(), ISSUE) for _ in range(12)))
    assert attempts == [Accepted()] * 12
    assert server.most_at_once == 3


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
async def test_a_server_that_asks_for_credentials_gets_them() -> None:
    async with mail_server(**knows("shop", "sesame")) as server:
        for password, attempt in (
            ("sesame", Accepted()),
            ("Sesame", LocalFailure("the mail server does not let us in: 535")),
        ):
            address = SmtpServer("localhost", server.port, Tls.NONE, "shop", password)
            assert await sender_to(address).deliver(subscriber(), ISSUE) == attempt
    assert len(server.received) == 1


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
async def test_a_server_over_tls_has_to_prove_its_name(tls: Tls, tmp_path: Path) -> None:
    ours = Certificate.of("localhost", tmp_path)
    others = Certificate.of("elsewhere.example", tmp_path)
    async with mail_server(MailServer(tls=tls), ours.proof) as server:
        sender = sender_to(server.address, ours.trust)
        assert await sender.deliver(subscriber(), ISSUE) == Accepted()
        doubting = sender_to(server.address, ssl.create_default_context())
        assert await doubting.deliver(subscriber(), ISSUE) == NO_TLS
    async with mail_server(MailServer(tls=tls), others.proof) as impostor:
        sender = sender_to(impostor.address, others.trust)
        assert await sender.deliver(subscriber(), ISSUE) == NO_TLS
    assert (len(server.received), len(impostor.received)) == (1, 0)


async def test_a_server_without_tls_gets_no_mail_that_needs_tls() -> None:
    async with mail_server() as server:
        for tls, refused in (
            (Tls.STARTTLS, LocalFailure("the mail server cannot do what this takes")),
            (Tls.IMPLICIT, NO_TLS),
        ):
            address = SmtpServer("localhost", server.port, tls, "shop", "sesame")
            assert await sender_to(address).deliver(subscriber(), ISSUE) == refused
    assert server.received == []


async def test_an_address_in_any_script_is_written_to() -> None:
    async with mail_server() as server:
        attempt = await sender_to(server.address).deliver(subscriber("zoë@café.example"), ISSUE)
    assert attempt == Accepted()
    assert server.received[0].rcpt_tos == ["zoë@xn--caf-dma.example"]


async def test_an_invalid_address_is_a_permanent_failure() -> None:
    async with mail_server() as server:
        sender = sender_to(server.address)
        for address in (
            "ada",
            "ada@x.example>\r\nRCPT TO:<eve@x.example",
            "a@x.example,b@x.example",
        ):
            assert isinstance(await sender.deliver(subscriber(address), ISSUE), PermanentFailure)
    assert server.received == []


async def test_an_event_without_a_mail_is_a_failure() -> None:
    event = ISSUE.model_copy(update={"type": "coffeeshop.board.changed.v1"})
    assert await delivered(MailServer(), event) == TransientFailure(
        "there is no mail for this type of event"
    )
