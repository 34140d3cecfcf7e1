"""`python -m benchmarks.notifier.webhooks HOSTS`: webhooks that accept everything at once.

A process of its own. It listens on as many ports of loopback, which are as many hosts to the
notifier, prints them, and answers each POST with 204. `GET /` on any of them gives the count of
deliveries by path, and when the last one of each came, by the monotonic clock.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import Counter

_LENGTH = re.compile(rb"(?i)content-length: *(\d+)")
_ACCEPTED = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


class _Arrivals:
    """Counts deliveries, by the first part of their path."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.last: dict[str, float] = {}

    def note(self, path: str) -> None:
        name = path.split("/")[1]
        self.counts[name] += 1
        self.last[name] = time.monotonic()

    def page(self) -> bytes:
        body = json.dumps({"counts": self.counts, "last": self.last}).encode()
        return b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (
            len(body),
            body,
        )


class _Connection(asyncio.Protocol):
    """Answers one request, and closes."""

    def __init__(self, arrivals: _Arrivals) -> None:
        self._arrivals = arrivals
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or self._transport is None or len(body) < int(length[1] if length else 0):
            return
        method, path, _ = head.split(b" ", 2)
        if method == b"POST":
            self._arrivals.note(path.decode())
            self._transport.write(_ACCEPTED)
        else:
            self._transport.write(self._arrivals.page())
        self._transport.close()


async def _serve(hosts: int) -> None:
    loop, arrivals = asyncio.get_running_loop(), _Arrivals()
    servers = [
        await loop.create_server(lambda: _Connection(arrivals), "127.0.0.1", 0, backlog=1024)
        for _ in range(hosts)
    ]
    ports = (server.sockets[0].getsockname()[1] for server in servers)
    sys.stdout.write(f"{' '.join(map(str, ports))}\n")
    sys.stdout.flush()
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
