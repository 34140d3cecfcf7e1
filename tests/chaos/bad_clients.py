"""Bad clients: slow senders, and senders of requests that must be refused."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import psutil
from yarl import URL

from shared.runtime.lifecycle import background_task
from tests.support.web import connected, said_to

_HEAD = b"POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
_DEEP = b'{"items":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
_LONG = b" " * 10_000_000
IMPOSSIBLE = (
    (_HEAD + b"Content-Length: %d\r\n\r\n" % len(_LONG) + _LONG, {"413"}),
    (_HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(_DEEP) + _DEEP, {"400"}),
    (_HEAD + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n", {"400", "431"}),
    (_HEAD + b"X: a\r\n" * 160_000 + b"\r\n", {"400", "431"}),
)
"""Requests with 10 MB of body, JSON 10,000 deep, 1,000,000 bytes of headers; and their answers."""


@dataclass
class SlowSenders:
    """Connections that announce a body, send some of it at once, and then a byte a second."""

    url: URL
    sent_at_once: int
    sending: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    longest: float = 0

    async def send(self) -> None:
        """Send one body until the server ends the connection."""
        began = time.monotonic()
        async with connected(self.url) as (reader, writer):
            length = max(100, 2 * self.sent_at_once)
            writer.write(_HEAD + b"Content-Length: %d\r\n\r\n" % length)
            writer.write(b" " * self.sent_at_once)
            self.sending += 1
            async with background_task(_drip(writer), "drip"):
                self.answers[(await reader.readline())[9:12].decode()] += 1
                with contextlib.suppress(ConnectionError):  # the server closes while we send
                    await reader.read()
        self.longest = max(self.longest, time.monotonic() - began)


async def _drip(writer: asyncio.StreamWriter) -> None:
    while True:
        await asyncio.sleep(1)
        writer.write(b" ")


async def refused(url: URL, request: bytes, statuses: AbstractSet[str]) -> None:
    """Send a request, and assert that its answer has one of these statuses."""
    said = await said_to(url, request)
    assert said[9:12] in statuses, (said[:300], len(request))


@dataclass
class Memory:
    """The peak resident memory of a watched process, in bytes."""

    process: psutil.Process
    most: int = 0

    async def watch(self) -> None:
        """Watch until cancelled."""
        while True:
            self.most = max(self.most, self.process.memory_info().rss)
            await asyncio.sleep(0.05)
