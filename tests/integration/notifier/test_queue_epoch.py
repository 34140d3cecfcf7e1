"""The mark that queue and record have in common tells whether the queue lost anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from notifier.deliveries.queue_epoch import MARK, QueueEpoch
from notifier.store.sqlite.store import SqliteNotifierStore, open_sqlite_notifier_store
from shared.aws.clients import AwsClients, aws_clients
from tests.support.notifier import settings_for


@dataclass(frozen=True)
class Shop:
    """A queue of jobs, and the record."""

    clients: AwsClients
    url: str
    store: SqliteNotifierStore

    async def begins(self) -> QueueEpoch:
        """Begin as a notifier does that is started."""
        epoch = QueueEpoch(self.store, self.clients.sqs, self.url)
        await epoch.begin()
        return epoch

    async def mark(self) -> str:
        tags = await self.clients.sqs.list_queue_tags(QueueUrl=self.url)
        return tags["Tags"][MARK]

    async def falls_back(self, mark: str) -> None:
        """Have the queue be as it was when it had this mark."""
        await self.clients.sqs.tag_queue(QueueUrl=self.url, Tags={MARK: mark})


@pytest.fixture
async def shop(ministack: str, tmp_path: Path) -> AsyncIterator[Shop]:
    settings = settings_for(ministack)
    async with (
        aws_clients(settings) as clients,
        open_sqlite_notifier_store(tmp_path / "shop.db", "main") as store,
    ):
        queue = await clients.sqs.create_queue(QueueName=f"{settings.name_prefix}deliveries")
        yield Shop(clients, queue["QueueUrl"], store)


async def test_a_queue_that_nobody_has_marked_is_taken_for_lost(shop: Shop) -> None:
    assert not (await shop.begins()).is_whole


async def test_it_is_whole_at_every_start_once_everything_was_queued(shop: Shop) -> None:
    epoch = await shop.begins()
    await epoch.validate()
    assert epoch.is_whole
    assert (await shop.begins()).is_whole
    assert (await shop.begins()).is_whole


async def test_it_is_lost_when_whoever_queued_everything_was_cut_off(shop: Shop) -> None:
    await (await shop.begins()).validate()
    await (await shop.begins()).invalidate()
    assert not (await shop.begins()).is_whole
    assert not (await shop.begins()).is_whole


async def test_it_is_lost_when_it_fell_back_to_what_it_was_before_the_last_start(
    shop: Shop,
) -> None:
    await (await shop.begins()).validate()
    before = await shop.mark()
    assert (await shop.begins()).is_whole
    await shop.falls_back(before)
    assert not (await shop.begins()).is_whole


async def test_it_is_lost_when_another_was_made_in_its_place(shop: Shop) -> None:
    await (await shop.begins()).validate()
    await shop.clients.sqs.untag_queue(QueueUrl=shop.url, TagKeys=[MARK])
    assert not (await shop.begins()).is_whole


async def test_whoever_queued_everything_before_it_was_lost_again_does_not_vouch_for_it(
    shop: Shop,
) -> None:
    earlier = await shop.begins()
    await (await shop.begins()).invalidate()
    await earlier.validate()
    assert not (await shop.begins()).is_whole
