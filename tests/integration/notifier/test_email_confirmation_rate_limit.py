"""Whoever wishes in somebody else's name cannot fill that one's mailbox."""

from __future__ import annotations

import asyncio

import pytest

from notifier.channels.email.addresses import mailbox
from notifier.channels.email.confirmation_rate_limit import MOST_QUESTIONS
from notifier.channels.email.links import LinkSigner
from tests.support.mailing import MailServer, confirm_path, mail_server
from tests.support.notifier import serving, settings_for
from tests.support.subscribers import post_subscription, subscribe

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    "address", ["Ada@Guests.example", "ada+coffee@guests.example", "ADA+@guests.EXAMPLE"]
)
def test_what_reaches_one_mailbox_is_one_address(address: str) -> None:
    assert mailbox(address) == "ada@guests.example"


def test_what_is_kept_of_an_address_tells_it_to_nobody() -> None:
    ours, theirs = (LinkSigner(secret, "https://coffee.example") for secret in ("ours", "theirs"))
    assert ours.digest("ada@guests.example") == ours.digest("ada@guests.example")
    assert ours.digest("ada@guests.example") != theirs.digest("ada@guests.example")


async def test_an_address_is_asked_a_few_times_a_day_whatever_is_wished_for_it(
    ministack: str,
) -> None:
    async with mail_server() as server:
        settings = settings_for(
            ministack,
            smtp_url=f"smtp://127.0.0.1:{server.port}",
            mail_from="shop@coffee.example",
        )
        async with serving(settings) as notifier:
            wishes = [
                post_subscription(
                    notifier, staff=False, channel="email", address=f"ada+{count}@guests.example"
                )
                for count in range(12)
            ]
            assert {answer.status_code for answer in await asyncio.gather(*wishes)} == {201}
            await server.took(MOST_QUESTIONS)
            await post_subscription(
                notifier, staff=False, channel="email", address="bob@guests.example"
            )
            await server.took(MOST_QUESTIONS + 1)
            await asyncio.sleep(1)  # as long as one more would take, many times over
            asked = [str(mail["To"]).partition("+")[0] for mail in server.mail]
            assert sorted(asked) == ["ada"] * MOST_QUESTIONS + ["bob@guests.example"]


async def test_whoever_confirms_is_asked_again_and_so_is_who_wished_too_much_before(
    ministack: str,
) -> None:
    async with mail_server() as server:
        settings = settings_for(
            ministack,
            smtp_url=f"smtp://127.0.0.1:{server.port}",
            mail_from="shop@coffee.example",
            retry_seconds=(1.0,) * 20,
        )
        async with serving(settings) as notifier:
            wanted = {"channel": "email", "address": "ada@guests.example"}
            held = [await subscribe(notifier, **wanted) for _ in range(MOST_QUESTIONS + 1)]
            await server.took(MOST_QUESTIONS)
            for asked in range(MOST_QUESTIONS + 1):
                await server.took(asked + 1)
                link = confirm_path(server.mail[asked])
                assert (await notifier.http.post(link, headers=FORM)).status_code == 200
            for one in held:
                await one.becomes("active")
            for count in range(MOST_QUESTIONS):
                await subscribe(notifier, **wanted)
                await server.took(len(held) + count + 1)


async def test_whoever_wishes_gives_no_place_back(ministack: str) -> None:
    async with mail_server() as server:
        settings = settings_for(
            ministack,
            smtp_url=f"smtp://127.0.0.1:{server.port}",
            mail_from="shop@coffee.example",
        )
        async with serving(settings) as notifier:
            wanted = {"channel": "email", "address": "ada@guests.example"}
            for asked in range(MOST_QUESTIONS):
                held = await subscribe(notifier, **wanted)
                await server.took(asked + 1)
                assert (await held.ask("DELETE")).status_code == 204
            spared = await subscribe(notifier, **wanted)
            await subscribe(notifier, channel="email", address="bob@guests.example")
            await server.took(MOST_QUESTIONS + 1)
            assert [mail["To"] for mail in server.mail].count("ada@guests.example") == 3
            assert (await spared.shown())["state"] == "pending"


async def test_a_mail_that_did_not_leave_does_not_count(ministack: str) -> None:
    server = MailServer(data="451 later")
    async with mail_server(server):
        settings = settings_for(
            ministack,
            smtp_url=f"smtp://127.0.0.1:{server.port}",
            mail_from="shop@coffee.example",
            retry_seconds=(1.0,) * 20,
        )
        async with serving(settings) as notifier:
            await post_subscription(
                notifier, staff=False, channel="email", address="ada@guests.example"
            )
            await server.refused(MOST_QUESTIONS + 1)
            server.data = "250 OK"
            await server.took(1)
