"""Slow name servers delay the webhooks there, and no others."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from notifier.channels.webhook.resolver import THREADS, NoThreadFreeError, SystemResolver
from tests.support.notifier import serving, settings_for
from tests.support.subscribers import endpoint, post_subscription, publish, subscribe

SLOW = "slow.example"
MANY = 40


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """An event that lets the look-ups of slow names end; it is set at the end of the test."""
    over = threading.Event()
    yield over
    over.set()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, over: threading.Event) -> threading.Semaphore:
    """Make look-ups of slow names last until `over` is set; count them."""
    asked, look_up = threading.Semaphore(0), socket.getaddrinfo

    def slowly(host: Any, *arguments: Any, **options: Any) -> Any:
        if not str(host).endswith(SLOW):
            return look_up(host, *arguments, **options)
        asked.release()
        over.wait(30)
        return look_up("127.0.0.1", *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    return asked


async def test_subscriptions_with_slow_names_delay_no_other_webhook(
    ministack: str, asked: threading.Semaphore
) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True, webhook_seconds=0.5)
    async with endpoint() as quick, serving(settings) as notifier:
        url = quick.url.replace("127.0.0.1", "localhost")
        held = await subscribe(notifier, channel="webhook", url=url)
        await held.becomes("active")
        for number in range(MANY):
            answer = await post_subscription(
                notifier, channel="webhook", url=f"https://s{number}.{SLOW}/"
            )
            assert answer.status_code == 201, answer.text
        # A look-up outlives its attempt, so more are in progress than attempts are allowed.
        for _ in range(THREADS):
            await asyncio.to_thread(asked.acquire)
        await publish(notifier)
        await quick.receives(1, 2)


async def test_a_lookup_without_a_free_thread_fails_at_once(asked: threading.Semaphore) -> None:
    resolver = SystemResolver(threads=1)
    slow = asyncio.ensure_future(resolver.resolve(SLOW))
    await asyncio.to_thread(asked.acquire)
    with pytest.raises(NoThreadFreeError):
        await resolver.resolve("localhost")
    slow.cancel()
    await resolver.close()


async def test_many_lookups_of_one_name_take_one_thread(asked: threading.Semaphore) -> None:
    resolver = SystemResolver(threads=2)
    waiting = [asyncio.ensure_future(resolver.resolve(SLOW, port)) for port in range(10)]
    await asyncio.to_thread(asked.acquire)
    assert await resolver.resolve("localhost", 80)
    await resolver.close()
    for ended in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(ended, asyncio.CancelledError)


async def test_a_cancelled_lookup_does_not_end_the_others_of_its_name(
    asked: threading.Semaphore, over: threading.Event
) -> None:
    resolver = SystemResolver(threads=1)
    first = asyncio.ensure_future(resolver.resolve(SLOW, 80))
    await asyncio.to_thread(asked.acquire)
    first.cancel()
    second = asyncio.ensure_future(resolver.resolve(SLOW, 443))
    await asyncio.wait({first})
    over.set()
    [found] = await second
    assert (found["hostname"], found["host"], found["port"]) == (SLOW, "127.0.0.1", 443)
    assert await resolver.resolve(SLOW, 80)
    await resolver.close()


async def test_a_later_lookup_asks_the_system_again(
    asked: threading.Semaphore, over: threading.Event
) -> None:
    over.set()
    resolver = SystemResolver()
    for _ in range(2):
        await resolver.resolve(SLOW)
        assert asked.acquire(blocking=False)
    await resolver.close()


async def test_look_ups_go_on_once_the_system_has_threads_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_more(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    resolver = SystemResolver(threads=2)
    with monkeypatch.context() as scarce:
        scarce.setattr(threading.Thread, "start", no_more)
        for _ in range(3):
            with pytest.raises(NoThreadFreeError):
                await resolver.resolve("localhost")
    assert await resolver.resolve("localhost")
    await resolver.close()
