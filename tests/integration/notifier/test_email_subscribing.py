"""A subscription by e-mail from its first mail to its last, each link followed over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import structlog

from notifier.settings import NotifierSettings
from tests.support.emulator import free_port
from tests.support.mailing import (
    ADDRESS,
    MailServer,
    confirm_path,
    mail_in,
    mail_server,
    mail_so_far,
    text_of,
    unsubscribe_path,
)
from tests.support.notifier import AS_STAFF, SECONDS, Serving, serving, settings_for

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FORM = {"Content-Type": "application/x-www-form-urlencoded", **BROWSER}


@dataclass(frozen=True)
class Subscribed:
    """A subscription, as its subscriber knows it."""

    notifier: Serving
    id: str
    manage_token: str

    async def becomes(self, state: str) -> dict[str, Any]:
        """Wait until the subscription is in a state, and give what is shown of it."""
        return await self.until(lambda shown: shown["state"] == state)

    async def until(self, as_hoped: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until what is shown is as hoped, and give it."""
        headers = {"Authorization": f"Bearer {self.manage_token}"}
        async with asyncio.timeout(2 * SECONDS):
            while True:
                answer = await self.notifier.http.get(f"/subscriptions/{self.id}", headers=headers)
                shown: dict[str, Any] = answer.raise_for_status().json()
                if as_hoped(shown):
                    return shown
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def shop(endpoint: str, folder: Path, **settings: Any) -> AsyncIterator[Serving]:
    """Serve a notifier whose mail is written to `folder`/mail, unless it has a server."""
    chosen: NotifierSettings = settings_for(endpoint, state_dir=folder, **settings)
    async with serving(chosen) as notifier:
        yield notifier


async def subscribe(
    notifier: Serving, topic: str = "coupons", address: str = ADDRESS, also: Collection[str] = ()
) -> Subscribed:
    body = {"channel": "email", "address": address, "also": [*also]}
    answer = await notifier.http.post(f"/topics/{topic}/subscriptions", json=body)
    granted = answer.raise_for_status().json()
    return Subscribed(notifier, granted["id"], granted["manage_token"])


async def publish(notifier: Serving, subject: str, topic: str = "coupons") -> None:
    answer = await notifier.http.post(
        f"/topics/{topic}/messages",
        json={"subject": subject, "body": f"All of {subject}"},
        headers=AS_STAFF,
    )
    assert answer.status_code == 202


async def test_from_the_first_mail_to_the_last(ministack: str, tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    async with shop(ministack, tmp_path) as notifier:
        mine, other = (
            await subscribe(notifier),
            await subscribe(notifier, address="bob@guests.example"),
        )
        requests = {mail["To"]: mail for mail in await mail_in(folder, 2)}
        link = confirm_path(requests[ADDRESS])

        page = await notifier.http.get(link)
        assert (page.status_code, "<form" in page.text) == (200, True)
        await mine.becomes("pending")  # reading the page has confirmed nothing
        assert (await notifier.http.post(link, headers=FORM)).status_code == 200
        await mine.becomes("active")
        assert (await notifier.http.post(link, headers=FORM)).status_code == 200
        await notifier.http.post(confirm_path(requests["bob@guests.example"]), headers=FORM)
        await other.becomes("active")

        await publish(notifier, "Half price ☕")
        issues = (await mail_in(folder, 4))[2:]
        assert {issue["To"] for issue in issues} == {ADDRESS, "bob@guests.example"}
        [issue] = [issue for issue in issues if issue["To"] == ADDRESS]
        assert issue["Subject"] == "Half price ☕"
        assert "All of Half price ☕" in text_of(issue)

        link = unsubscribe_path(issue)
        page = await notifier.http.get(link)
        assert (page.status_code, "<form" in page.text) == (200, True)
        await mine.becomes("active")
        one_click = {"List-Unsubscribe": "One-Click"}
        assert (await notifier.http.post(link, data=one_click)).status_code == 200
        await mine.becomes("ended")
        assert (await notifier.http.post(link, data=one_click)).status_code == 200

        await publish(notifier, "Not for Ada")
        last = (await mail_in(folder, 5))[4:]
        assert [(mail["To"], mail["Subject"]) for mail in last] == [
            ("bob@guests.example", "Not for Ada")
        ]
    assert len(mail_so_far(folder)) == 5


def manage_token(mail: EmailMessage) -> str:
    found = re.search(r"/newsletters/manage\?token=(\S+)", text_of(mail))
    assert found, text_of(mail)
    return found[1]


async def test_a_newsletter_that_comes_already_is_not_confirmed_a_second_time(
    ministack: str, tmp_path: Path
) -> None:
    folder = tmp_path / "mail"
    async with shop(ministack, tmp_path) as notifier:
        other = await subscribe(notifier, address="bob@guests.example")
        await notifier.http.post(confirm_path((await mail_in(folder, 1))[-1]), headers=FORM)
        await other.becomes("active")
        for count, spelling in enumerate((ADDRESS, ADDRESS.replace("@", "+again@")), start=2):
            both = await subscribe(notifier, "new-products", spelling, also=["coupons"])
            await notifier.http.post(confirm_path((await mail_in(folder, count))[-1]), headers=FORM)
            await both.becomes("active")

        await publish(notifier, "Half price")
        issues = [mail["To"] for mail in (await mail_in(folder, 5))[3:]]
        assert sorted(issues) == [ADDRESS, "bob@guests.example"]
        await publish(notifier, "New cake", "new-products")
        assert len(await mail_in(folder, 7)) == 7


async def test_forgetting_that_failed_midway_is_finished_by_the_same_link(
    ministack: str, tmp_path: Path
) -> None:
    folder = tmp_path / "mail"
    async with shop(ministack, tmp_path) as notifier:
        coupons, products = await subscribe(notifier), await subscribe(notifier, "new-products")
        for request in await mail_in(folder, 2):
            await notifier.http.post(confirm_path(request), headers=FORM)
        await publish(notifier, "Half price")
        issue = (await mail_in(folder, 3))[-1]
        mailbox = f"/newsletters/mailbox?token={manage_token(issue)}"
        (cannot_be_read := folder / "0.eml").mkdir()

        assert (await notifier.http.delete(mailbox)).status_code == 500
        assert (await notifier.http.get(mailbox)).json()["topics"] == ["coupons", "new-products"]
        cannot_be_read.rmdir()
        for _lost_and_repeated in range(2):
            assert (await notifier.http.delete(mailbox)).status_code == 204

        for ended in (coupons, products):
            assert (await ended.becomes("ended"))["deliveries"] == []
        assert (await notifier.http.get(mailbox)).status_code == 404
        assert mail_so_far(folder) == []


@pytest.mark.parametrize(
    "content_type", [None, "multipart/form-data; boundary=x", "text/plain", "application/json"]
)
async def test_one_click_is_enough_whatever_it_is_sent_as(
    content_type: str | None, ministack: str, tmp_path: Path
) -> None:
    async with shop(ministack, tmp_path) as notifier:
        mine = await subscribe(notifier)
        [request] = await mail_in(tmp_path / "mail")
        headers = {"Content-Type": content_type} if content_type else {}
        answer = await notifier.http.post(
            unsubscribe_path(request), content=b"List-Unsubscribe=One-Click", headers=headers
        )
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/html")
        await mine.becomes("ended")
        over = await notifier.http.post(confirm_path(request), headers=FORM)
        assert over.status_code == 410
        assert (await notifier.http.get(confirm_path(request), headers=BROWSER)).status_code == 410


async def test_links_that_are_not_ours_do_nothing(ministack: str, tmp_path: Path) -> None:
    async with shop(ministack, tmp_path) as notifier:
        mine = await subscribe(notifier)
        [request] = await mail_in(tmp_path / "mail")
        other_token = unsubscribe_path(request).partition("=")[2].rpartition(".")[2]
        confirm, unsubscribe = f"/subscriptions/{mine.id}/confirm", "/unsubscribe"
        for path in (
            *(confirm, f"{confirm}?token=", f"{confirm}?token={other_token}"),
            *(unsubscribe, f"{unsubscribe}?token={mine.id}", f"{unsubscribe}?token=%ff.%00"),
        ):
            for answer in (
                await notifier.http.get(path, headers=BROWSER),
                await notifier.http.post(path, headers=FORM),
            ):
                assert answer.status_code == 401
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")
                assert answer.headers["Content-Type"].startswith("text/html")
                assert "<form" not in answer.text
        await mine.becomes("pending")


async def test_programs_get_problems_for_what_cannot_be_done(
    ministack: str, tmp_path: Path
) -> None:
    async with shop(ministack, tmp_path) as notifier:
        mine = await subscribe(notifier)
        one_click = {"List-Unsubscribe": "One-Click"}
        for answer in (
            await notifier.http.post("/unsubscribe?token=none", data=one_click),
            await notifier.http.get("/unsubscribe"),
            await notifier.http.get(f"/subscriptions/{mine.id}/confirm?token=none"),
        ):
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["type"] == "/problems/unauthorized"


async def test_json_confirms_as_before(ministack: str, tmp_path: Path) -> None:
    async with shop(ministack, tmp_path) as notifier:
        await subscribe(notifier)
        [request] = await mail_in(tmp_path / "mail")
        path, _, token = confirm_path(request).partition("?token=")
        wrong = await notifier.http.post(path, json={"token": f"{token}x"})
        assert (wrong.status_code, wrong.json()["type"]) == (401, "/problems/unauthorized")
        right = await notifier.http.post(path, json={"token": token})
        assert (right.status_code, right.json()["state"]) == (200, "active")
        other = await notifier.http.post(path, content=b"x", headers={"Content-Type": "text/plain"})
        assert other.status_code == 415


async def test_while_the_queues_are_away_a_page_says_so(ministack: str, tmp_path: Path) -> None:
    async with shop(ministack, tmp_path) as notifier:
        await subscribe(notifier)
        [request] = await mail_in(tmp_path / "mail")
    nowhere = f"http://127.0.0.1:{free_port()}"
    async with serving(settings_for(nowhere, state_dir=tmp_path), ready=False) as notifier:
        for link in (confirm_path(request), unsubscribe_path(request)):
            answer = await notifier.http.get(link, headers=BROWSER)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            assert "try again" in answer.text


async def test_pages_need_nothing_of_another_host(ministack: str, tmp_path: Path) -> None:
    async with shop(ministack, tmp_path) as notifier:
        await subscribe(notifier)
        [request] = await mail_in(tmp_path / "mail")
        page = await notifier.http.get(confirm_path(request))
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert '<script type="module"' not in page.text
        assert not re.search(r"""(?:href|src)=["'](?:https?:)?//""", page.text)
        assert re.search(r"/assets/\w+/design\.css", page.text)


async def test_a_page_speaks_its_readers_language(ministack: str, tmp_path: Path) -> None:
    async with shop(ministack, tmp_path) as notifier:
        await subscribe(notifier)
        [request] = await mail_in(tmp_path / "mail")
        german = {"Accept-Language": "de-AT"}
        page = await notifier.http.get(confirm_path(request), headers=german)
        assert 'lang="de"' in page.text
        assert "Der Newsletter „Angebote“ kommt dann an deine Adresse." in page.text


async def test_a_bounce_pauses_the_subscription_with_a_notice(
    ministack: str, tmp_path: Path
) -> None:
    async with mail_server(MailServer()) as server:
        smtp = {"smtp_url": f"smtp://localhost:{server.port}", "mail_from": "shop@coffee.example"}
        async with shop(ministack, tmp_path, **smtp) as notifier:
            mine = await subscribe(notifier)
            await server.took(1)
            await notifier.http.post(confirm_path(server.mail[0]), headers=FORM)
            await mine.becomes("active")
            server.rcpt = "550 5.1.1 No such user here"
            with structlog.testing.capture_logs() as logs:
                await publish(notifier, "Half price")
                shown = await mine.becomes("paused")
                await mine.until(lambda shown: shown["deliveries"][0]["state"] == "failed")
            assert shown["notice"] == "the mail was refused with 550"
            assert ADDRESS not in str(logs)
    assert len(server.mail) == 1
