"""Newsletter issues: a minute to take one back, proofs before, and reports after."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from notifier.settings import NotifierSettings
from notifier.topics import publisher
from tests.support.mailing import mail_so_far
from tests.support.notifier import AS_STAFF, SECONDS, Serving, serving, settings_for
from tests.support.subscribers import endpoint, webhook
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

ISSUE = {"subject": "Free cake", "body": "*Today* <script>alert(1)</script>"}
HELD = {**ISSUE, "hold": True}


@pytest.fixture(scope="module")
def settings(ministack: str) -> NotifierSettings:
    return settings_for(ministack, allow_loopback_webhooks=True, overdue_seconds=0.5)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def notifier(settings: NotifierSettings) -> AsyncIterator[Serving]:
    async with serving(settings) as notifier:
        yield notifier


@pytest.fixture
def topic() -> str:
    """The name of a topic on which only one test publishes."""
    return f"t{secrets.token_hex(4)}"


async def asked(notifier: Serving, method: str, path: str, body: Any = None) -> httpx.Response:
    return await notifier.http.request(method, f"/topics/{path}", json=body, headers=AS_STAFF)


async def test_a_held_issue_can_be_withdrawn_and_reaches_nobody(
    notifier: Serving, topic: str
) -> None:
    await asked(notifier, "PUT", topic, {})
    async with endpoint() as subscriber:
        await webhook(notifier, subscriber, topic)
        key = AS_STAFF | {"Idempotency-Key": secrets.token_hex(16)}
        answer = await notifier.http.post(f"/topics/{topic}/messages", json=HELD, headers=key)
        held = answer.json()
        (shown,) = (await asked(notifier, "GET", f"{topic}/messages")).json()["issues"]
        assert shown == {**ISSUE, "id": held["id"], "topic": topic, "at": held["at"], "held": True}
        path = f"{topic}/messages/{held['id']}"
        assert (await asked(notifier, "DELETE", f"other/messages/{held['id']}")).status_code == 404
        assert (await asked(notifier, "DELETE", path)).status_code == 204
        assert (await asked(notifier, "DELETE", path)).status_code == 404
        repeated = await notifier.http.post(f"/topics/{topic}/messages", json=HELD, headers=key)
        assert repeated.json()["id"] == held["id"]
        sent = (await asked(notifier, "POST", f"{topic}/messages", ISSUE)).json()
        (event,) = await subscriber.receives(1)
    assert event["id"] == sent["id"]
    (shown,) = (await asked(notifier, "GET", f"{topic}/messages")).json()["issues"]
    assert (shown["id"], shown["held"]) == (sent["id"], False)


async def test_an_issue_is_published_when_its_time_has_come_and_not_withdrawn_then(
    notifier: Serving, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "UNDO", dt.timedelta(seconds=0.2))
    await asked(notifier, "PUT", topic, {})
    async with endpoint() as subscriber:
        await webhook(notifier, subscriber, topic)
        held = (await asked(notifier, "POST", f"{topic}/messages", HELD)).json()
        (event,) = await subscriber.receives(1)
    assert (event["id"], event["time"]) == (held["id"], held["at"])
    answer = await asked(notifier, "DELETE", f"{topic}/messages/{held['id']}")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/message-published")


async def test_a_held_issue_outlives_its_notifier(
    ministack: str, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True, overdue_seconds=0.5)
    monkeypatch.setattr(publisher, "UNDO", dt.timedelta(seconds=3))
    async with endpoint() as subscriber:
        async with serving(settings) as first:
            await asked(first, "PUT", topic, {})
            await webhook(first, subscriber, topic)
            held = (await asked(first, "POST", f"{topic}/messages", HELD)).json()
        assert subscriber.events == []
        async with serving(settings):
            (event,) = await subscriber.receives(1)
    assert event["id"] == held["id"]


async def test_a_report_says_how_many_got_an_issue_and_how_many_left(
    notifier: Serving, topic: str
) -> None:
    await asked(notifier, "PUT", topic, {})
    async with endpoint() as one, endpoint() as other:
        await webhook(notifier, one, topic)
        leaving = await webhook(notifier, other, topic)
        issue = (await asked(notifier, "POST", f"{topic}/messages", ISSUE)).json()
        await one.receives(1)
        await other.receives(1)
        await leaving.ask("DELETE")
        path = f"{topic}/messages/{issue['id']}/report"

        async def is_logged() -> bool:
            return bool((await asked(notifier, "GET", path)).json()["delivered"] == 2)

        await until(is_logged, SECONDS)
        report = (await asked(notifier, "GET", path)).json()
    assert report == {
        "delivered": 2,
        "due": 0,
        "failed": 0,
        "unsubscribed": 1,
        "complete": True,
    }


async def test_a_proof_shows_the_mail_and_is_mailed_to_oneself_alone(
    notifier: Serving, settings: NotifierSettings
) -> None:
    html = (await asked(notifier, "POST", "coupons/proofs", ISSUE)).json()["html"]
    assert "<em>Today</em>" in html
    assert "<script>" not in html
    body = {**ISSUE, "email": "ada@café.example"}
    assert (await asked(notifier, "POST", "coupons/proofs/mail", body)).status_code == 204
    (mail,) = mail_so_far(settings.state_dir / "mail")
    assert (mail["To"], mail["Subject"]) == ("ada@xn--caf-dma.example", "Free cake")
    refused = await asked(notifier, "POST", "coupons/proofs/mail", {**ISSUE, "email": "nobody"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/email")
    assert (await asked(notifier, "GET", "coupons/messages")).json()["issues"] == []


@pytest.mark.parametrize("path", ["messages", "messages/one/report"])
async def test_issues_of_a_topic_that_is_not_there_are_not_found(
    notifier: Serving, path: str
) -> None:
    assert (await asked(notifier, "GET", f"unknown/{path}")).status_code == 404


async def test_the_archive_shows_what_is_published_and_nothing_that_is_held(
    notifier: Serving, topic: str
) -> None:
    await asked(notifier, "PUT", topic, {})
    for number in range(12):
        issue = {"subject": f"Number {number}", "body": ISSUE["body"]}
        await asked(notifier, "POST", f"{topic}/messages", issue)
    await asked(notifier, "POST", f"{topic}/messages", {**HELD, "subject": "A secret"})

    async def has_all() -> bool:
        return "Number 11" in (await notifier.http.get(f"/newsletters/{topic}")).text

    await until(has_all, SECONDS)
    page = (await notifier.http.get(f"/newsletters/{topic}")).text
    assert page.count("<em>Today</em>") == 10
    assert "<script>alert" not in page
    assert "A secret" not in page
    assert "Number 1<" not in page
    unknown = await notifier.http.get("/newsletters/unknown")
    assert unknown.status_code == 404
