"""A webhook that answers without end is given up, and nothing else waits for it meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from notifier.channels.channel import Accepted, PermanentFailure, TransientFailure
from notifier.channels.webhook.session import webhook_session
from tests.support.certificates import Certificate
from tests.support.webhooks import (
    LOOPBACK_TOO,
    answers,
    ready_event,
    receiver,
    sender_through,
    sending,
    subscribed,
)

SECONDS = 2.0
MOST_BLOCKED = 1.0
"""Seconds of computing in which nothing else could run."""

OK = b"HTTP/1.1 200 OK\r\n"
FLOODS = {
    "103": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "100": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "103 with headers": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\nSet-Cookie: a=b\r\n\r\n"),
    "headers": (OK, b"A: b\r\n"),
    "cookies": (OK, b"Set-Cookie: a=b\r\n"),
    "one header": (OK + b"A: ", b"b" * 16),
    "a status line": (b"HTTP/1.1 200 ", b"OK" * 8),
    "no HTTP": (b"", b"hello world\n"),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    "a chunk's extension": (OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a=b;" * 4),
    "trailers": (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n"),
    "upgrade": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", b"more " * 4),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n"),
}


@contextlib.contextmanager
def flooding(begin: bytes, more: bytes, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Answer each connection without end, from threads of its own; give the port."""

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            wrapped = tls.wrap_socket(connection, server_side=True) if tls else connection
            with wrapped:
                wrapped.sendall(begin)
                until = time.monotonic() + 4 * SECONDS
                while time.monotonic() < until:
                    wrapped.sendall(more * 4000)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


@contextlib.asynccontextmanager
async def watched() -> AsyncIterator[list[float]]:
    """Measure how long the event loop computed at most in one turn; give it in a list."""
    longest = [0.0]

    async def watch() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            longest[0] = max(longest[0], time.thread_time() - before)

    task = asyncio.create_task(watch())
    try:
        yield longest
    finally:
        task.cancel()


@pytest.mark.parametrize("name", FLOODS)
async def test_an_answer_without_end_is_given_up_and_blocks_nobody(name: str) -> None:
    with flooding(*FLOODS[name]) as port:
        target = subscribed(f"http://127.0.0.1:{port}/")
        async with (
            receiver(answers(204)) as quick,
            sending(seconds=SECONDS) as sender,
            watched() as longest,
            asyncio.timeout(2 * SECONDS),
        ):
            deliveries = [sender.deliver(target, ready_event()) for _ in range(4)]
            challenges = [sender.request_confirmation(target, "the-token") for _ in range(4)]
            flooded = asyncio.gather(*deliveries, *challenges)
            others = [await sender.deliver(subscribed(quick.url), ready_event()) for _ in range(5)]
            results = await flooded
    assert others == [Accepted()] * 5
    assert longest[0] < MOST_BLOCKED
    assert not any(isinstance(one, PermanentFailure) for one in results)
    assert all(isinstance(one, TransientFailure) for one in results[4:])


async def test_an_answer_without_end_over_tls_is_given_up_too(tmp_path: Path) -> None:
    certificate = Certificate.of("localhost", tmp_path)
    with flooding(*FLOODS["103"], tls=certificate.proof) as port:
        async with (
            webhook_session(LOOPBACK_TOO, tls=certificate.trust, seconds=SECONDS) as session,
            watched() as longest,
            asyncio.timeout(2 * SECONDS),
        ):
            sender = sender_through(session)
            attempt = await sender.deliver(subscribed(f"https://localhost:{port}/"), ready_event())
    assert attempt == TransientFailure("the answer is too long")
    assert longest[0] < MOST_BLOCKED
