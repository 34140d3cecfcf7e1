"""Name servers that are slow hold up those who wish for webhooks there, and nobody else."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from notifier.webhooks.resolving import THREADS, NoThreadFreeError, SystemResolver
from tests.support.notifier import serving, settings_for
from tests.support.subscribers import endpoint, publish, subscribe, wish

SLOW = "slow.example"
MANY = 40


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Semaphore]:
    """Have the system look slow names up for as long as the test lasts; count how many."""
    asked, over, look_up = threading.Semaphore(0), threading.Event(), socket.getaddrinfo

    def slowly(host: Any, *arguments: Any, **options: Any) -> Any:
        if str(host).endswith(SLOW):
            asked.release()
            over.wait(30)
            raise socket.gaierror(socket.EAI_AGAIN, "try again")
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    yield asked
    over.set()


async def test_wishes_for_slow_names_delay_no_webhook(
    ministack: str, asked: threading.Semaphore
) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True, webhook_seconds=0.5)
    async with serving(settings) as notifier, endpoint() as quick:
        url = quick.url.replace("127.0.0.1", "localhost")
        held = await subscribe(notifier, channel="webhook", url=url)
        await held.becomes("active")
        for number in range(MANY):
            answer = await wish(notifier, channel="webhook", url=f"https://s{number}.{SLOW}/")
            assert answer.status_code == 201, answer.text
        # A look-up outlives its attempt, so they come to be more than there are turns.
        for _ in range(THREADS):
            await asyncio.to_thread(asked.acquire)
        await publish(notifier)
        await quick.hears(1, 2)


async def test_whoever_finds_no_thread_is_told_so_at_once(asked: threading.Semaphore) -> None:
    resolver = SystemResolver(threads=1)
    slow = asyncio.ensure_future(resolver.resolve(SLOW))
    await asyncio.to_thread(asked.acquire)
    with pytest.raises(NoThreadFreeError):
        await resolver.resolve("localhost")
    slow.cancel()
    await resolver.close()
