"""Subscribers with webhooks in a process of their own, and what has come to them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from notifier.store.contract import NotifierStore
from shared.clock import utc_now
from shared.domain.subscription import (
    Channel,
    Filter,
    SigningSecret,
    Subscription,
    SubscriptionState,
)
from shared.domain.tokens import new_id, new_signing_secret

HOSTS = 16
_AT_ONCE = 500
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Arrived:
    """How many deliveries have come so far, by the name in their path; when the last one did."""

    counts: Mapping[str, int]
    last: Mapping[str, float]


@dataclass(frozen=True)
class Webhooks:
    """The ports of the process, each a host to the notifier, and its page of counts."""

    ports: Sequence[int]
    http: httpx.AsyncClient
    _urls: list[str] = field(default_factory=list)

    def url(self, name: str, number: int) -> str:
        """The URL of a subscriber, on one host after the other; `name` is what it counts as."""
        return f"http://127.0.0.1:{self.ports[number % len(self.ports)]}/{name}/{number}"

    async def arrived(self) -> Arrived:
        """Read what has come."""
        read: dict[str, Any] = json.loads((await self.http.get("/")).text)
        return Arrived(read["counts"], read["last"])

    async def come(self, name: str, count: int, seconds: float) -> float:
        """Wait until so many have come, and give when the last one did; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while (arrived := await self.arrived()).counts.get(name, 0) < count:  # noqa: ASYNC110
                await asyncio.sleep(_POLL_SECONDS)
        return arrived.last[name]


@contextlib.asynccontextmanager
async def webhooks() -> AsyncIterator[Webhooks]:
    """Serve webhooks for as long as the block lasts."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.notifier.webhooks", str(HOSTS)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        ports = [int(port) for port in (await process.stdout.readline()).split()]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{ports[0]}") as http:
            yield Webhooks(ports, http)
    finally:
        process.kill()
        await process.wait()


async def subscribe(
    store: NotifierStore, served: Webhooks, topic: str, name: str, count: int
) -> None:
    """Record so many active subscriptions of a topic, each with a webhook of its own."""
    wanted = [_subscription(topic, served.url(name, number)) for number in range(count)]
    for begin in range(0, count, _AT_ONCE):
        await asyncio.gather(*map(store.add_subscription, wanted[begin : begin + _AT_ONCE]))


def _subscription(topic: str, url: str) -> Subscription:
    now = utc_now()
    return Subscription(
        id=new_id(),
        store_id="main",
        topic=topic,
        channel=Channel.WEBHOOK,
        target=url,
        filter=Filter(),
        state=SubscriptionState.ACTIVE,
        created_at=now,
        since=now,
        manage_digest="",
        secrets=(SigningSecret(new_signing_secret()),),
    )
