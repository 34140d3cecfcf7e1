"""A webhook is one signed request, and its answer is trusted as little as possible."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import functools
import gzip
import json
import socket
import ssl
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from notifier.channels.channel import (
    Accepted,
    AttemptResult,
    Confirmed,
    PermanentFailure,
    TransientFailure,
)
from notifier.channels.webhook.session import TIMEOUT_SECONDS, webhook_session
from shared.clock import utc_now
from shared.domain.subscription import SigningSecret, rotate
from shared.domain.tokens import new_signing_secret
from shared.domain.webhook_url import WebhookUrlRules
from shared.messages.announcement import CloudEvent
from tests.support.certificates import Certificate
from tests.support.webhooks import (
    LOOPBACK_TOO,
    Answering,
    Names,
    Request,
    answers,
    echoes,
    ready_event,
    receiver,
    sender_through,
    sending,
    subscribed,
)

HOUR = dt.timedelta(hours=1)
LARGE = "a" * 1_000_000
"""More than what the system keeps of it for a small receiving window."""


@contextlib.asynccontextmanager
async def speaking(
    speak: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    certificate: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """Serve on a free port of loopback, below HTTP."""

    conversations = set()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversations.add(asyncio.current_task())
        try:
            await speak(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    with socket.create_server(("127.0.0.1", 0)) as home:
        home.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        async with await asyncio.start_server(meet, sock=home, ssl=certificate):
            yield home.getsockname()[1]
            for conversation in filter(None, conversations):
                conversation.cancel()
            await asyncio.gather(*filter(None, conversations), return_exceptions=True)


async def delivered(answering: Answering) -> AttemptResult:
    async with receiver(answering) as served, sending() as sender:
        return await sender.deliver(subscribed(served.url), ready_event())


async def asked(answering: Answering) -> AttemptResult | Confirmed:
    async with receiver(answering) as served, sending() as sender:
        return await sender.request_confirmation(subscribed(served.url), "the-token")


def verifies(secret: str, request: Request) -> bool:
    try:
        Webhook(secret).verify(request.body, dict(request.headers))
    except WebhookVerificationError:
        return False
    return True


async def test_an_event_arrives_as_it_is_and_signed() -> None:
    secret = new_signing_secret()
    async with receiver(answers(204)) as served, sending() as sender:
        event = ready_event()
        subscription = subscribed(served.url, SigningSecret(secret))
        assert await sender.deliver(subscription, event) == Accepted()
    [request] = served.received
    assert (request.method, request.path) == ("POST", "/hook")
    assert CloudEvent.model_validate_json(request.body) == event
    assert "correlationid" not in json.loads(request.body)
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"] == "coffeeshop"
    assert request.headers["webhook-id"] == event.id
    assert verifies(secret, request)


async def test_a_repeated_delivery_has_the_same_id_and_a_new_timestamp() -> None:
    now = utc_now()
    async with receiver(answers()) as served, webhook_session(LOOPBACK_TOO) as session:
        for at in (now, now + HOUR):
            sender = sender_through(
                session, LOOPBACK_TOO, functools.partial(dt.datetime.fromisoformat, at.isoformat())
            )
            assert await sender.deliver(subscribed(served.url), ready_event()) == Accepted()
    first, second = (request.headers for request in served.received)
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 3600


async def test_while_secrets_overlap_both_verify_and_then_only_the_new_one() -> None:
    old, new = new_signing_secret(), new_signing_secret()
    async with receiver(answers()) as served, sending() as sender:
        before = subscribed(served.url, SigningSecret(old))
        for rotated_at in (utc_now(), utc_now() - 2 * HOUR):
            after = rotate(before, new, rotated_at, HOUR)
            assert await sender.deliver(after, ready_event()) == Accepted()
    during, later = served.received
    assert (verifies(new, during), verifies(old, during)) == (True, True)
    assert (verifies(new, later), verifies(old, later)) == (True, False)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_accepted(status: int) -> None:
    assert await delivered(answers(status)) == Accepted()


@pytest.mark.parametrize("status", [400, 401, 404, 500, 502, 599])
async def test_other_answers_are_failures_whose_error_quotes_nothing(status: int) -> None:
    assert await delivered(answers(status, b"internal: secret")) == TransientFailure(
        f"answered {status}"
    )


@pytest.mark.parametrize("status", [429, 503])
async def test_a_requested_pause_is_returned(status: int) -> None:
    attempt = await delivered(answers(status, headers={"Retry-After": "30"}))
    assert attempt == TransientFailure(f"answered {status}", 30)


async def test_gone_is_a_permanent_failure() -> None:
    assert await delivered(answers(410)) == PermanentFailure("answered 410 Gone")
    assert await asked(answers(410)) == PermanentFailure("answered 410 Gone")


async def test_a_redirect_is_not_followed() -> None:
    async with receiver(answers()) as other:
        attempt = await delivered(answers(307, headers={"Location": other.url}))
    assert attempt == TransientFailure("answered 307; redirects are not followed")
    assert other.received == []


@pytest.mark.parametrize("target", ["/a%2Fb?x=%20+", "/A/../%7e//b?", "/?q=%zz&r[]="])
async def test_a_url_is_requested_as_it_was_given(target: str) -> None:
    lines: list[bytes] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(await reader.readline())
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async with speaking(speak) as port, sending() as sender:
        subscription = subscribed(f"http://127.0.0.1:{port}{target}")
        assert await sender.deliver(subscription, ready_event()) == Accepted()
    assert lines == [f"POST {target} HTTP/1.1\r\n".encode()]


async def test_the_host_that_is_checked_is_resolved_connected_and_sent() -> None:
    hosts: list[bytes] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        hosts.extend(line for line in head.splitlines() if line.lower().startswith(b"host:"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    names = Names({"xn--strae-oqa.localhost": [["127.0.0.1"]]})
    async with speaking(speak) as port, sending(resolver=names) as sender:
        subscription = subscribed(f"http://Straße.localhost:{port}/")
        assert await sender.deliver(subscription, ready_event()) == Accepted()
    assert hosts == [f"Host: xn--strae-oqa.localhost:{port}".encode()]


async def test_a_challenge_is_a_signed_event_and_its_echo_confirms() -> None:
    secret = new_signing_secret()
    async with receiver(echoes) as served, sending() as sender:
        subscription = subscribed(served.url, SigningSecret(secret))
        assert await sender.request_confirmation(subscription, "the-token") == Confirmed()
    [request] = served.received
    assert verifies(secret, request)
    event = CloudEvent.model_validate_json(request.body)
    assert event.type == "coffeeshop.subscription.challenge.v1"
    assert event.source == "/stores/main"
    assert event.subject == "s1"
    assert event.data == {"challenge": "the-token"}
    assert request.headers["webhook-id"] == event.id == "s1:challenge"


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"the-token", b'"the-token"', b"[]", b"null", b"{}", b'{"challenge": null}'),
        *(b'{"challenge": "another"}', b'{"challenge": "the-token "}', b'{"challenge": 1}'),
        *(b'["the-token"]', b'{"Challenge": "the-token"}', b'{"challenge": ["the-token"]}'),
        *(b'{"challenge": "\\ud800"}', b"\xff\xfe", b"[" * 60_000, b'{"challenge": "\xc3\xa9"}'),
        *(b'{"challenge": ""}', b'{"challenge": "the-toke"}', b'{"challenge": "THE-TOKEN"}'),
        b" " * 65_536 + b'{"challenge": "the-token"}',
    ],
)
async def test_any_other_answer_to_a_challenge_does_not_confirm(body: bytes) -> None:
    attempt = await asked(answers(200, body))
    assert isinstance(attempt, TransientFailure)
    assert attempt.error in {
        "the answer does not repeat the challenge",
        'the answer is not {"challenge": "…"}',
    }


async def test_an_echo_confirms_with_any_content_type_and_any_other_fields() -> None:
    body = b'{"challenge": "the-token", "hello": [1, 2]}'
    assert await asked(answers(200, body, {"Content-Type": "text/plain"})) == Confirmed()


async def test_an_echo_in_an_error_does_not_confirm() -> None:
    assert await asked(answers(400, b'{"challenge": "the-token"}')) == TransientFailure(
        "answered 400"
    )


async def test_the_time_for_all_of_it_is_five_seconds() -> None:
    assert TIMEOUT_SECONDS == 5
    async with webhook_session(LOOPBACK_TOO) as session:
        assert session.timeout.total == 5
        assert not session.trust_env


@pytest.mark.parametrize(
    "beginning", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"]
)
async def test_a_server_that_never_answers_is_given_up(beginning: bytes) -> None:
    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(beginning)
        await writer.drain()
        while await reader.read(65_536):
            pass

    async with speaking(stall) as port, sending(seconds=0.2) as sender, asyncio.timeout(3):
        subscription = subscribed(f"http://127.0.0.1:{port}/")
        assert await sender.deliver(subscription, ready_event()) == TransientFailure(
            "no answer in time"
        )
        assert await sender.request_confirmation(subscription, "the-token") == TransientFailure(
            "no answer in time"
        )


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X: a\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" "),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
async def test_a_server_that_answers_byte_by_byte_is_given_up(head: bytes, drop: bytes) -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.02)

    async with speaking(drip) as port, sending(seconds=0.3) as sender, asyncio.timeout(3):
        attempt = await sender.request_confirmation(
            subscribed(f"http://127.0.0.1:{port}/"), "the-token"
        )
    assert attempt == TransientFailure("no answer in time")


async def test_a_server_that_does_not_read_the_event_is_given_up() -> None:
    async def ignore(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await writer.wait_closed()

    async with speaking(ignore) as port, sending(seconds=0.2) as sender, asyncio.timeout(3):
        event = ready_event(padding=LARGE)
        attempt = await sender.deliver(subscribed(f"http://127.0.0.1:{port}/"), event)
    assert attempt == TransientFailure("no answer in time")


async def test_an_answer_before_the_event_is_read_ends_the_attempt() -> None:
    async def answer_at_once(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.wait_closed()

    async with speaking(answer_at_once) as port, sending(seconds=0.5) as sender:
        async with asyncio.timeout(3):
            event = ready_event(padding=LARGE)
            attempt = await sender.deliver(subscribed(f"http://127.0.0.1:{port}/"), event)
    assert attempt == Accepted()


async def test_many_that_stall_delay_no_other_though_at_the_same_host() -> None:
    many, all_came, over = 100, asyncio.Event(), asyncio.Event()

    async def stall_but_for_one(request: web.Request) -> web.StreamResponse:
        if request.path == "/slow":
            if len(served.received) == many:
                all_came.set()
            await over.wait()
        return web.Response()

    async with (
        receiver(stall_but_for_one) as served,
        sending() as sender,
        asyncio.timeout(TIMEOUT_SECONDS),
    ):
        slow = subscribed(served.url.replace("/hook", "/slow"))
        waiting = [asyncio.create_task(sender.deliver(slow, ready_event())) for _ in range(many)]
        await all_came.wait()
        begun = time.monotonic()
        assert await sender.deliver(subscribed(served.url), ready_event()) == Accepted()
        assert time.monotonic() - begun < 1
        over.set()
        assert await asyncio.gather(*waiting) == [Accepted()] * many


async def test_a_gigabyte_of_answer_is_cut_off_and_takes_up_no_memory() -> None:
    sent = 0
    given_up = asyncio.Event()

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
        try:
            while sent < 2**30:
                writer.write(b" " * 65_536)
                await writer.drain()
                sent += 65_536
        finally:
            given_up.set()

    async with speaking(flood) as port, sending() as sender:
        subscription = subscribed(f"http://127.0.0.1:{port}/")
        tracemalloc.start()
        attempt = await sender.request_confirmation(subscription, "the-token")
        assert attempt == TransientFailure('the answer is not {"challenge": "…"}')
        await asyncio.wait_for(given_up.wait(), 5)
        assert await sender.deliver(subscription, ready_event()) == Accepted()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 2**21
    assert sent < 2**26


async def test_nothing_is_decompressed() -> None:
    echo = gzip.compress(b'{"challenge": "the-token"}')
    bomb = gzip.compress(b" " * 2**26 + b'{"challenge": "the-token"}')
    encoded = {"Content-Encoding": "gzip"}
    refused = TransientFailure('the answer is not {"challenge": "…"}')
    async with receiver(answers(200, bomb, encoded)) as served, sending() as sender:
        tracemalloc.start()
        assert await sender.request_confirmation(subscribed(served.url), "the-token") == refused
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert served.received[0].headers["Accept-Encoding"] == "identity"
    assert peak < 2**21
    assert await asked(answers(200, echo, encoded)) == refused


async def test_no_cookie_is_kept_and_no_connection_is_used_twice() -> None:
    peers = []

    async def set_cookie(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        peers.append(request.transport.get_extra_info("peername"))
        return web.Response(headers={"Set-Cookie": "visited=yes; Path=/"})

    names = Names({"localhost": [["127.0.0.1"]]})  # no jar keeps the cookies of bare addresses
    async with receiver(set_cookie) as served, sending(resolver=names) as sender:
        subscription = subscribed(f"http://localhost:{served.port}/")
        for _ in range(2):
            assert await sender.deliver(subscription, ready_event()) == Accepted()
    assert all("Cookie" not in request.headers for request in served.received)
    assert len(set(peers)) == 2


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiver(answers(500)) as proxy, receiver(answers()) as served, sending() as sender:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        assert await sender.deliver(subscribed(served.url), ready_event()) == Accepted()
    assert proxy.received == []


@pytest.mark.parametrize(
    "target",
    ["http://example.com/", "https://ada:secret@example.com/", "https://example.com/#a", "nothing"],
)
async def test_a_url_that_is_against_the_rules_is_not_connected_to(target: str) -> None:
    async with sending(resolver=Names({})) as sender:
        attempt = await sender.deliver(subscribed(target), ready_event())
    assert isinstance(attempt, TransientFailure)
    assert attempt.error.startswith(("the URL must", "this is no URL"))
    assert "secret" not in attempt.error


async def test_a_name_that_is_none_and_a_closed_port_are_refusals() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    async with sending(resolver=Names({})) as sender:
        nowhere = subscribed("https://nobody.test/")
        unheard = subscribed(f"http://127.0.0.1:{port}/")
        assert await sender.deliver(nowhere, ready_event()) == TransientFailure(
            "the name could not be resolved"
        )
        assert await sender.deliver(unheard, ready_event()) == TransientFailure("could not connect")


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", "the connection was lost"),
        (b"SSH-2.0-OpenSSH_9.6 secret\r\n\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 10_000 + b"\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "the connection was lost"),
    ],
)
async def test_an_answer_that_is_not_http_is_a_failure(said: bytes, error: str) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await writer.drain()

    async with speaking(speak) as port, sending() as sender:
        attempt = await sender.request_confirmation(
            subscribed(f"http://127.0.0.1:{port}/"), "the-token"
        )
    assert attempt == TransientFailure(error)


async def test_https_needs_a_valid_certificate_for_the_name(tmp_path: Path) -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()

    certificate = Certificate.of("shop.test", tmp_path)
    names = Names({"shop.test": [["127.0.0.1"]], "other.test": [["127.0.0.1"]]})
    async with (
        speaking(accept, certificate.proof) as port,
        webhook_session(LOOPBACK_TOO, resolver=names, tls=certificate.trust) as trusting,
        webhook_session(LOOPBACK_TOO, resolver=names) as doubting,
    ):
        proven = subscribed(f"https://shop.test:{port}/")
        unproven = subscribed(f"https://other.test:{port}/")
        invalid = TransientFailure("the certificate is not valid")
        assert await sender_through(trusting).deliver(proven, ready_event()) == Accepted()
        assert await sender_through(trusting).deliver(unproven, ready_event()) == invalid
        assert await sender_through(doubting).deliver(proven, ready_event()) == invalid


async def test_a_server_without_tls_is_a_failure() -> None:
    async with receiver(answers()) as served, sending() as sender:
        target = served.url.replace("http://", "https://")
        attempt = await sender.deliver(subscribed(target), ready_event())
    assert attempt == TransientFailure("TLS could not be agreed on")
    assert served.received == []


async def test_loopback_is_refused_unless_it_is_allowed() -> None:
    async with receiver(answers()) as served, sending(WebhookUrlRules()) as sender:
        attempt = await sender.deliver(subscribed(served.url), ready_event())
    assert attempt == TransientFailure("the URL's host must be a public one")
    assert served.received == []
