"""Nobody can fill another person's mailbox with confirmation requests."""

from __future__ import annotations

import asyncio

from notifier.channels.email.links import LinkSigner
from tests.support.mailing import MailServer, confirm_path, mail_server
from tests.support.notifier import serving, settings_for
from tests.support.subscribers import post_subscription, subscribe

MOST_PENDING = 3
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_the_stored_digest_of_an_address_depends_on_the_shops_secret() -> None:
    ours, theirs = (LinkSigner(secret, "https://coffee.example") for secret in ("ours", "theirs"))
    assert ours.digest("ada@guests.example") == ours.digest("ada@guests.example")
    assert ours.digest("ada@guests.example") != theirs.digest("ada@guests.example")


async def test_an_address_gets_a_few_confirmation_requests_a_day_however_many_are_wanted(
    ministack: str,
) -> None:
    async with mail_server() as server:
        settings = settings_for(
            ministack,
            smtp_url=f"smtp://127.0.0.1:{server.port}",
            mail_from="shop@coffee.example",
        )
        async with serving(settings) as notifier:
            requests = [
                post_subscription(
                    notifier, staff=False, channel="email", address=f"ada+{count}@guests.example"
                )
                for count in range(12)
            ]
            assert {answer.status_code for answer in await asyncio.gather(*requests)} == {201}
            await server.took(MOST_PENDING)
            await post_subscription(
                notifier, staff=False, channel="email", address="bob@guests.example"
            )
            await server.took(MOST_PENDING + 1)
            await asyncio.sleep(1)  # as long as one more would take, many times over
            recipients = [str(mail["To"]).partition("+")[0] for mail in server.mail]
            assert sorted(recipients) == ["ada"] * MOST_PENDING + ["bob@guests.example"]


async def test_a_confirmation_makes_room_for_the_next_request(
    ministack: str,
) -> None:
    async with mail_server() as server:
        settings = settings_for(
            ministack,
            smtp_url=f"smtp://127.0.0.1:{server.port}",
            mail_from="shop@coffee.example",
        )
        async with serving(settings) as notifier:
            wanted = {"channel": "email", "address": "ada@guests.example"}
            held = [await subscribe(notifier, **wanted) for _ in range(MOST_PENDING + 1)]
            await server.took(MOST_PENDING)
            for index in range(MOST_PENDING + 1):
                await server.took(index + 1)
                link = confirm_path(server.mail[index])
                assert (await notifier.http.post(link, headers=FORM)).status_code == 200
            for one in held:
                await one.becomes("active")
            for count in range(MOST_PENDING):
                await subscribe(notifier, **wanted)
                await server.took(len(held) + count + 1)


async def test_ending_a_pending_subscription_makes_no_room(ministack: str) -> None:
    async with mail_server() as server:
        settings = settings_for(
            ministack,
            smtp_url=f"smtp://127.0.0.1:{server.port}",
            mail_from="shop@coffee.example",
        )
        async with serving(settings) as notifier:
            wanted = {"channel": "email", "address": "ada@guests.example"}
            for index in range(MOST_PENDING):
                held = await subscribe(notifier, **wanted)
                await server.took(index + 1)
                assert (await held.ask("DELETE")).status_code == 204
            limited = await subscribe(notifier, **wanted)
            await subscribe(notifier, channel="email", address="bob@guests.example")
            await server.took(MOST_PENDING + 1)
            assert [mail["To"] for mail in server.mail].count("ada@guests.example") == 3
            assert (await limited.shown())["state"] == "pending"


async def test_a_mail_that_was_not_accepted_does_not_count(ministack: str) -> None:
    server = MailServer(data="451 later")
    async with mail_server(server):
        settings = settings_for(
            ministack,
            smtp_url=f"smtp://127.0.0.1:{server.port}",
            mail_from="shop@coffee.example",
        )
        async with serving(settings) as notifier:
            await post_subscription(
                notifier, staff=False, channel="email", address="ada@guests.example"
            )
            await server.refused(MOST_PENDING + 1)
            server.data = "250 OK"
            await server.took(1)
