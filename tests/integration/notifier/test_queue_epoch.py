"""The epoch that queue and store have in common shows whether the queue lost anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from notifier.deliveries.queue_epoch import EPOCH_TAG, DeployedQueueEpoch, QueueEpoch
from notifier.store.sqlite.store import SqliteNotifierStore, open_sqlite_notifier_store
from shared.aws.clients import AwsClients, aws_clients
from tests.support.notifier import settings_for


@dataclass(frozen=True)
class Shop:
    """A queue of jobs, and the store."""

    clients: AwsClients
    url: str
    store: SqliteNotifierStore

    async def begins(self) -> QueueEpoch:
        """Begin as a notifier does at its start."""
        epoch = QueueEpoch(self.store, self.clients.sqs, self.url)
        await epoch.begin()
        return epoch

    async def epoch(self) -> str:
        tags = await self.clients.sqs.list_queue_tags(QueueUrl=self.url)
        return tags["Tags"][EPOCH_TAG]

    async def falls_back(self, epoch: str) -> None:
        """Put the queue back to the state in which it had this epoch."""
        await self.clients.sqs.tag_queue(QueueUrl=self.url, Tags={EPOCH_TAG: epoch})


@pytest.fixture
async def shop(ministack: str, tmp_path: Path) -> AsyncIterator[Shop]:
    settings = settings_for(ministack)
    async with (
        aws_clients(settings) as clients,
        open_sqlite_notifier_store(tmp_path / "shop.db", "main") as store,
    ):
        queue = await clients.sqs.create_queue(QueueName=f"{settings.name_prefix}deliveries")
        yield Shop(clients, queue["QueueUrl"], store)


async def test_a_queue_without_an_epoch_counts_as_lost(shop: Shop) -> None:
    assert not (await shop.begins()).is_whole


async def test_it_is_whole_at_every_start_once_everything_was_queued(shop: Shop) -> None:
    epoch = await shop.begins()
    await epoch.validate()
    assert epoch.is_whole
    assert (await shop.begins()).is_whole
    assert (await shop.begins()).is_whole


async def test_it_is_lost_when_the_requeue_was_cut_off(shop: Shop) -> None:
    await (await shop.begins()).validate()
    await (await shop.begins()).invalidate()
    assert not (await shop.begins()).is_whole
    assert not (await shop.begins()).is_whole


async def test_it_is_lost_when_it_fell_back_to_what_it_was_before_the_last_start(
    shop: Shop,
) -> None:
    await (await shop.begins()).validate()
    before = await shop.epoch()
    assert (await shop.begins()).is_whole
    await shop.falls_back(before)
    assert not (await shop.begins()).is_whole


async def test_it_is_lost_when_another_was_made_in_its_place(shop: Shop) -> None:
    await (await shop.begins()).validate()
    await shop.clients.sqs.untag_queue(QueueUrl=shop.url, TagKeys=[EPOCH_TAG])
    assert not (await shop.begins()).is_whole


async def test_a_requeue_from_before_it_was_lost_again_does_not_validate_it(
    shop: Shop,
) -> None:
    earlier = await shop.begins()
    await (await shop.begins()).invalidate()
    await earlier.validate()
    assert not (await shop.begins()).is_whole


async def test_a_deployed_queue_is_whole_until_another_is_deployed_and_is_never_tagged(
    shop: Shop,
) -> None:
    async def begins(url: str) -> DeployedQueueEpoch:
        epoch = DeployedQueueEpoch(shop.store, shop.clients.sqs, url)
        await epoch.begin()
        return epoch

    first = await begins(shop.url)
    assert not first.is_whole
    await first.validate()
    assert (await begins(shop.url)).is_whole
    await first.invalidate()
    assert not (await begins(shop.url)).is_whole
    await first.validate()
    tags = await shop.clients.sqs.list_queue_tags(QueueUrl=shop.url)
    assert not tags.get("Tags")

    await asyncio.sleep(1)  # the creation time that SQS tells is in whole seconds
    replaced = await shop.clients.sqs.create_queue(QueueName=f"{shop.url.rpartition('/')[2]}-2")
    assert not (await begins(replaced["QueueUrl"])).is_whole
