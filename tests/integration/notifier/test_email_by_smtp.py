"""Mail is sent to a real SMTP server, whose answers decide the outcome of an attempt."""

from __future__ import annotations

import asyncio
import ssl
import time
from pathlib import Path

import pytest

from notifier.channels.channel import (
    Accepted,
    AttemptResult,
    LocalFailure,
    PermanentFailure,
    TransientFailure,
)
from notifier.channels.email.smtp_url import SmtpServer, Tls
from shared.messages.announcement import CloudEvent
from tests.support.certificates import Certificate
from tests.support.emulator import free_port
from tests.support.mailing import (
    ADDRESS,
    MailServer,
    answering,
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


@pytest.mark.parametrize("answer", ["550 5.1.1 No such user here", "550 Ada has moved", "554 No"])
async def test_a_permanent_refusal_of_the_recipient_is_a_permanent_failure(answer: str) -> None:
    bounced = PermanentFailure(f"the mail was refused with {answer[:3]}")
    assert await delivered(MailServer(rcpt=answer)) == bounced
    async with mail_server(MailServer(rcpt=answer)) as server:
        assert (
            await sender_to(server.address).request_confirmation(subscriber(), "the-token")
            == bounced
        )


@pytest.mark.parametrize("answer", ["550 5.1.1 No such user here", "552 5.2.1 Disabled"])
async def test_a_refusal_of_the_recipient_after_the_mail_is_permanent_too(answer: str) -> None:
    bounced = PermanentFailure(f"the mail was refused with {answer[:3]}")
    assert await delivered(MailServer(data=answer)) == bounced


@pytest.mark.parametrize("answer", ["554 Looks like spam", "552 5.3.4 Too big"])
async def test_a_mail_that_is_refused_for_its_content_ends_no_subscription(answer: str) -> None:
    refused = TransientFailure(f"the mail server answered {answer[:3]}")
    assert await delivered(MailServer(data=answer)) == refused


@pytest.mark.parametrize(
    "answer",
    [
        *("450 4.2.1 Mailbox busy", "451 Try again", "452 4.2.2 Mailbox full"),
        *("550 5.7.1 Relaying denied", "554 5.7.0 Policy"),
    ],
)
async def test_any_other_refusal_is_transient(answer: str) -> None:
    refused = TransientFailure(f"the mail server answered {answer[:3]}")
    assert await delivered(MailServer(rcpt=answer)) == refused
    assert await delivered(MailServer(data=answer)) == refused


async def test_a_server_that_wants_us_to_authenticate_is_a_local_failure() -> None:
    local = LocalFailure("the mail server answered 530")
    assert await delivered(MailServer(rcpt="530 5.7.0 Authentication required")) == local


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
            ("Sesame", LocalFailure("the mail server does not let us in")),
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
