"""What strangers ask for delays nobody else, reaches nobody often, and tells them nothing."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest

from notifier.settings import NotifierSettings
from tests.support.mailing import MailServer, answering, confirm_path, mail_server
from tests.support.notifier import SECONDS, Serving, serving, settings_for
from tests.support.subscribers import Endpoint, Held, endpoint, subscribe
from tests.support.waiting import eventually

SOON = 5.0
REQUESTS = 1000
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@contextlib.asynccontextmanager
async def client_at(notifier: Serving, address: str) -> AsyncIterator[Serving]:
    """The notifier, as a client with another address of loopback reaches it."""
    transport = httpx.AsyncHTTPTransport(local_address=address)
    async with httpx.AsyncClient(
        base_url=notifier.http.base_url, transport=transport, timeout=SECONDS
    ) as http:
        yield replace(notifier, http=http)


async def ask(notifier: Serving, wanted: Sequence[dict[str, str]]) -> Counter[int]:
    """Ask for subscriptions to coupons, ten at a time; count the statuses."""
    statuses: Counter[int] = Counter()
    for start in range(0, len(wanted), 10):
        some = [
            notifier.http.post("/topics/coupons/subscriptions", json=one)
            for one in wanted[start : start + 10]
        ]
        statuses.update([answer.status_code for answer in await asyncio.gather(*some)])
    return statuses


@contextlib.asynccontextmanager
async def silent_port() -> AsyncIterator[int]:
    async def never(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()
        await asyncio.Event().wait()

    async with answering(never) as place:
        yield place.port


async def confirmed_within(notifier: Serving, subscriber: Endpoint, seconds: float) -> Held:
    """Subscribe as a client at an address of its own, and wait until it is confirmed."""
    async with client_at(notifier, "127.0.0.9") as other:
        answer = await other.http.post(
            "/topics/coupons/subscriptions", json={"channel": "webhook", "url": subscriber.url}
        )
        assert answer.status_code == 201, answer.text
        shown = answer.json()
        held = Held(notifier.http, shown["id"], shown["manage_token"], "")
        await held.becomes("active", seconds)
        return held


@pytest.mark.timeout(120)
async def test_a_strangers_thousand_webhooks_do_not_delay_the_confirmation_of_another(
    ministack: str,
) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True, subscriptions_per_minute=0)
    async with silent_port() as port, endpoint() as quick, serving(settings) as notifier:
        urls = [f"http://127.0.0.1:{port}/{number}" for number in range(REQUESTS)]
        async with client_at(notifier, "127.0.0.2") as stranger:
            statuses = await ask(stranger, [{"channel": "webhook", "url": url} for url in urls])
        assert statuses == {201: settings.challenges_per_client_and_host, 429: REQUESTS - 20}
        await confirmed_within(notifier, quick, SOON)


@pytest.mark.timeout(120)
async def test_a_thousand_requests_from_many_addresses_do_not_delay_another_either(
    ministack: str,
) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True, subscriptions_per_minute=0)
    async with silent_port() as port, endpoint() as quick, serving(settings) as notifier:
        wanted = [
            {"channel": "webhook", "url": f"http://127.0.0.1:{port}/{number}"}
            for number in range(REQUESTS // 20)
        ]
        for number in range(20):
            async with client_at(notifier, f"127.0.1.{number + 1}") as stranger:
                await ask(stranger, wanted)
        await confirmed_within(notifier, quick, SOON)


@pytest.mark.timeout(120)
async def test_a_strangers_thousand_mails_do_not_delay_another_at_a_slow_server(
    ministack: str,
) -> None:
    class Slow(MailServer):
        async def handle_RCPT(self, *arguments: object) -> str:  # noqa: N802
            *_, envelope, address, _options = arguments
            await asyncio.sleep(0.5)  # the slowness of the server
            envelope.rcpt_tos.append(address)  # type: ignore[attr-defined]
            return "250 OK"

    server = Slow()
    async with by_mail(ministack, server) as notifier:
        async with client_at(notifier, "127.0.0.2") as stranger:
            statuses = await ask(
                stranger,
                [
                    {"channel": "email", "address": f"ada@guests-{number}.example"}
                    for number in range(REQUESTS)
                ],
            )
        assert statuses == {201: 60, 429: REQUESTS - 60}
        async with client_at(notifier, "127.0.0.3") as other:
            await ask(other, [{"channel": "email", "address": "bob@elsewhere.example"}])
        await eventually(lambda: any("bob@" in str(mail["To"]) for mail in server.mail), SOON)


@contextlib.asynccontextmanager
async def by_mail(ministack: str, server: MailServer, **settings: Any) -> AsyncIterator[Serving]:
    """A notifier that sends its mail to this server."""
    async with mail_server(server), serving(mailing(ministack, server, **settings)) as notifier:
        yield notifier


def mailing(ministack: str, server: MailServer, **settings: Any) -> NotifierSettings:
    return settings_for(
        ministack,
        smtp_url=f"smtp://127.0.0.1:{server.port}",
        mail_from="shop@coffee.example",
        subscriptions_per_minute=0,
        **settings,
    )


async def test_one_mailbox_gets_few_confirmation_mails_however_it_is_spelt(ministack: str) -> None:
    server = MailServer()
    async with by_mail(ministack, server) as notifier:
        spellings = [
            f"{local[:cut]}.{local[cut:]}{detail}@{domain}"
            for local in ("adalove", "ADALOVE")
            for cut in (2, 4)
            for detail in ("", "+1")
            for domain in ("gmail.com", "googlemail.com")
        ]
        async with client_at(notifier, "127.0.0.2") as stranger:
            await ask(stranger, [{"channel": "email", "address": one} for one in spellings])
            await ask(stranger, [{"channel": "email", "address": "bob@elsewhere.example"}])
        await notifier.answers("/metrics", lambda page: limited("per_mailbox", page.text) >= 13, 40)
        await eventually(lambda: len(server.mail) == 4, 40)
        assert sum("bob@" not in str(mail["To"]) for mail in server.mail) == 3


async def test_one_client_reaches_a_domain_of_one_owner_five_times_an_hour(ministack: str) -> None:
    server = MailServer()
    async with by_mail(ministack, server) as notifier:
        async with client_at(notifier, "127.0.0.2") as stranger:
            await ask(
                stranger,
                [
                    {"channel": "email", "address": f"any{count}@sub{count}.guests.example"}
                    for count in range(12)
                ],
            )
        await notifier.answers(
            "/metrics", lambda page: limited("per_client_and_domain", page.text) >= 7, 40
        )
        await server.took(5)
        assert len(server.mail) == 5


async def test_requests_that_wait_for_a_hidden_limit_still_count_for_their_client(
    ministack: str,
) -> None:
    most = {"confirmations_per_client": 8, "confirmations_per_client_and_domain": 2}
    addresses = [
        {"channel": "email", "address": f"any{number}@guests.example"} for number in range(8)
    ]
    async with (
        by_mail(ministack, MailServer(), **most) as notifier,
        client_at(notifier, "127.0.0.2") as stranger,
    ):
        assert await ask(stranger, addresses) == {201: 8}
        await notifier.answers(
            "/metrics", lambda page: limited("per_client_and_domain", page.text) >= 6, 40
        )
        assert await ask(stranger, addresses[:1]) == {429: 1}


async def test_a_client_that_confirms_all_it_asks_for_leaves_the_total_to_others(
    ministack: str,
) -> None:
    settings = settings_for(
        ministack,
        allow_loopback_webhooks=True,
        confirmations_per_client=1,
        confirmation_requests_per_hour=8,
    )
    async with endpoint() as subscriber, serving(settings) as notifier:
        for _ in range(4):
            await confirmed_within(notifier, subscriber, SECONDS)
        wanted = {"channel": "webhook", "url": subscriber.url}
        async with client_at(notifier, "127.0.0.9") as stranger:
            assert await ask(stranger, [wanted]) == {429: 1}
        async with client_at(notifier, "127.0.0.3") as other:
            assert await ask(other, [wanted]) == {201: 1}


async def test_subscriptions_to_orders_and_to_newsletters_share_the_limits(ministack: str) -> None:
    server = MailServer()
    async with by_mail(ministack, server) as notifier:
        for number in range(4):
            wanted = {"channel": "email", "address": "ada@guests.example"}
            await subscribe(notifier, **wanted)
            await subscribe(
                notifier, "order-events", **wanted, filter={"order_id": [f"order-{number}"]}
            )
        await notifier.answers("/metrics", lambda page: limited("per_mailbox", page.text) >= 5, 40)
        await server.took(3)
        assert len(server.mail) == 3


async def test_all_mails_together_have_a_limit(ministack: str) -> None:
    server = MailServer()
    async with by_mail(ministack, server, confirmation_mails_per_hour=4) as notifier:
        for number in range(6):
            await subscribe(notifier, channel="email", address=f"ada@{number}.example.org")
        await notifier.answers(
            "/metrics", lambda page: limited("mails_per_hour", page.text) >= 2, 40
        )
        await server.took(4)
        assert len(server.mail) == 4


async def test_all_requests_together_have_a_limit_that_is_told(ministack: str) -> None:
    settings = settings_for(ministack, confirmation_requests_per_hour=2)
    async with serving(settings) as notifier:
        mails = [{"channel": "email", "address": f"ada@{n}.example.org"} for n in range(3)]
        assert await ask(notifier, mails[:2]) == {201: 2}
        answer = await notifier.http.post("/topics/coupons/subscriptions", json=mails[2])
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "60"
        assert answer.json()["type"] == "/problems/too-busy"
        await subscribe(notifier, channel="email", address="ada@guests.example")  # by staff


async def test_limits_outlive_the_notifier_and_are_shared_by_all(ministack: str) -> None:
    async with mail_server() as server:
        settings = mailing(ministack, server)
        wanted = {"channel": "email", "address": "ada@guests.example"}
        async with serving(settings) as notifier:
            for count in range(3):
                await subscribe(notifier, **wanted)
                await server.took(count + 1)
        async with serving(settings) as notifier:
            await subscribe(notifier, **wanted)
            await notifier.answers(
                "/metrics", lambda page: limited("per_mailbox", page.text) >= 1, 40
            )
        assert len(server.mail) == 3


@pytest.mark.parametrize("rcpt", ["250 OK", "550 5.1.1 No such user", "450 4.2.1 Busy", "554 No"])
async def test_a_subscription_tells_nobody_whether_a_mailbox_exists(
    ministack: str, rcpt: str
) -> None:
    asked = asyncio.Event()

    class Asked(MailServer):
        async def handle_RCPT(self, *_: object) -> str:  # noqa: N802
            asked.set()
            return rcpt

    async with mail_server(Asked()) as server:
        settings = mailing(ministack, server)
        async with serving(settings) as notifier:
            held = await subscribe(notifier, channel="email", address="ada@guests.example")
            before = await held.shown()
            await asyncio.wait_for(asked.wait(), SECONDS)
        # It has stopped, and so has finished the job that asked.
        async with serving(settings) as notifier:
            assert await replace(held, http=notifier.http).shown() == before
        assert before["state"] == "pending"


async def test_a_confirmed_client_has_its_room_again(ministack: str) -> None:
    server = MailServer()
    async with by_mail(ministack, server, confirmations_per_client=1) as notifier:
        wanted = {"channel": "email", "address": "ada@guests.example"}
        assert await ask(notifier, [wanted, wanted]) == {201: 1, 429: 1}
        await server.took(1)
        await notifier.http.post(confirm_path(server.mail[0]), headers=FORM)
        assert await ask(notifier, [wanted]) == {201: 1}


def limited(limit: str, page: str) -> float:
    """Return how often a request had to wait for a limit: those that wait ask again and again."""
    line = re.search(
        rf'^coffeeshop_confirmations_limited_total{{limit="{limit}"}} (.+)$', page, re.MULTILINE
    )
    return float(line[1]) if line else 0
