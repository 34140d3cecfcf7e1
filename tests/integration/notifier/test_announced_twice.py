"""An issue announced more than once is delivered once, and is not announced for ever."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass

import pytest

from notifier.store.factory import open_notifier_store
from notifier.topics import publisher as publisher_module
from notifier.topics.publisher import Draft, NewsletterPublisher, open_sns_topics
from shared.aws.clients import AwsClients, aws_clients
from shared.aws.names import Names
from shared.aws.provisioning import provision_announcements
from shared.aws.topology import CreatedTopology
from shared.clock import utc_now
from shared.domain.issue import Issue
from shared.messages.topics import BUILT_IN_TOPICS
from shared.runtime.lifecycle import background_task
from tests.support.mailing import MailServer, confirm_path, mail_server
from tests.support.notifier import Serving, announcing, newsletter, serving, settings_for
from tests.support.subscribers import subscribe
from tests.support.waiting import until

READERS = 4
SECOND = dt.timedelta(seconds=1)


async def readers_agree(notifier: Serving, server: MailServer) -> None:
    for number in range(READERS):
        await subscribe(notifier, channel="email", address=f"guest-{number}@guests.example")
    await server.took(READERS)
    for mail in server.mail:
        response = await notifier.http.post(confirm_path(mail), data={"agreed": "yes"})
        assert response.status_code == 200, response.text
    server.received.clear()


async def test_an_issue_that_is_announced_twice_at_once_is_one_mail_for_each(
    ministack: str,
) -> None:
    twice, after = newsletter("Announced twice"), newsletter("Announced after")
    async with mail_server() as server:
        smtp_url = f"smtp://127.0.0.1:{server.port}"
        settings = settings_for(ministack, smtp_url=smtp_url, mail_from="shop@coffee.example")
        async with serving(settings) as notifier, announcing(settings) as announcer:
            await readers_agree(notifier, server)
            await asyncio.gather(announcer.send_out(twice), announcer.send_out(twice))
            await server.took(READERS)
            await announcer.send_out(after)
            await server.took(2 * READERS)
    subjects = [str(mail["Subject"]) for mail in server.mail]
    assert subjects.count("Announced twice") == READERS
    assert subjects.count("Announced after") == READERS


@dataclass
class Clock:
    now: dt.datetime

    def __call__(self) -> dt.datetime:
        return self.now


async def waiting(clients: AwsClients, names: Names) -> int:
    """Count the announcements that no notifier has taken."""
    url = (await clients.sqs.get_queue_url(QueueName=names.announcements))["QueueUrl"]
    answer = await clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


async def test_an_issue_that_is_slow_to_reach_the_log_is_announced_again_at_growing_intervals(
    ministack: str,
) -> None:
    settings, clock = settings_for(ministack), Clock(utc_now())
    names = Names(settings.name_prefix)
    async with (
        aws_clients(settings) as clients,
        open_notifier_store(settings, None, utc_now) as store,
        open_sns_topics(clients.sns, CreatedTopology(clients, names)) as publishers,
    ):
        await provision_announcements(clients, names, BUILT_IN_TOPICS)
        publisher = NewsletterPublisher(store, publishers, "main", clock)
        event = newsletter("Free cake")
        await store.add_issue(Issue(event.id, "coupons", event.model_dump_json(), clock.now))
        for _ in range(600):
            clock.now += SECOND
            await publisher.announce_overdue(1)
        assert 5 <= await waiting(clients, names) <= 12


async def test_a_held_issue_whose_request_is_repeated_is_announced_once(
    ministack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher_module, "UNDO", SECOND / 10)
    settings = settings_for(ministack)
    names = Names(settings.name_prefix)
    draft = Draft("coupons", "Free cake", "Today", {})
    async with (
        aws_clients(settings) as clients,
        open_notifier_store(settings, None, utc_now) as store,
        open_sns_topics(clients.sns, CreatedTopology(clients, names)) as publishers,
    ):
        await provision_announcements(clients, names, BUILT_IN_TOPICS)
        publisher = NewsletterPublisher(store, publishers, "main", utc_now)
        for _ in range(3):
            await publisher.publish(draft, "c1", "key-1", hold=True)
        await publisher.publish(draft, "c1", "key-2", hold=True)
        async with background_task(publisher.announce_held(), "held"):
            await until(lambda: _are_announced(clients, names, 2), 10)
        assert await waiting(clients, names) == 2


async def _are_announced(clients: AwsClients, names: Names, count: int) -> bool:
    return await waiting(clients, names) >= count
