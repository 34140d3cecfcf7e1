"""Delivery jobs that wait in DynamoDB until they are due: in the index of open items, by time."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from notifier.store.contract import PostponedJob
from shared.clock import sortable
from shared.store.dynamodb.batch import items_at
from shared.store.dynamodb.item import Item, key, key_of
from shared.store.dynamodb.subscription_item import subscription_pk
from shared.store.dynamodb.table import OPEN_INDEX, DynamoDBRecords


@dataclass(frozen=True)
class DynamoDBPostponedJobs(DynamoDBRecords):
    """The `PostponedJobStore` of one shop, in a table that several shops may share."""

    async def postpone_job(self, job: PostponedJob) -> None:
        """Record a job, over one of the same name and subscription."""
        item: Item = {
            **self._job_key(job),
            "open": {"S": self._postponed},
            "placed": {"S": sortable(job.due_at)},
            "subscription_id": {"S": job.subscription_id},
            "body": {"S": job.body},
        }
        async with self.table.in_time():
            await self.table.put(item, {})

    async def postponed_jobs(self, until: dt.datetime, limit: int) -> Sequence[PostponedJob]:
        """List jobs that are due.

        The index lags behind, so the items have the last word: the entries of jobs that were just
        deleted are passed over, or they would hide the rest for as long.
        """
        entries = self.table.pages(
            IndexName=OPEN_INDEX,
            KeyConditionExpression="#open = :postponed AND #placed <= :until",
            ExpressionAttributeNames={"#open": "open", "#placed": "placed"},
            ExpressionAttributeValues={
                ":postponed": {"S": self._postponed},
                ":until": {"S": sortable(until)},
            },
            PaginationConfig={"PageSize": limit},
        )
        async with contextlib.aclosing(entries) as pages:
            async for page in pages:
                if due := await self._still_due(page, until):
                    return due
        return []

    async def _still_due(
        self, entries: Sequence[Item], until: dt.datetime
    ) -> Sequence[PostponedJob]:
        if not entries:
            return []
        async with self.table.in_time():
            items = await items_at(self.table, [key_of(entry) for entry in entries], fresh=True)
        return [job for job in map(_job, items) if job.due_at <= until]

    async def delete_postponed(self, jobs: Collection[PostponedJob]) -> None:
        """Delete jobs, but none that has been postponed to another time since."""
        async with self.table.in_time():
            await asyncio.gather(*map(self._delete_job, jobs))

    async def _delete_job(self, job: PostponedJob) -> None:
        client = self.table.client
        with contextlib.suppress(client.exceptions.ConditionalCheckFailedException):
            await client.delete_item(
                TableName=self.table.name,
                Key=self._job_key(job),
                ConditionExpression="#placed = :known",
                ExpressionAttributeNames={"#placed": "placed"},
                ExpressionAttributeValues={":known": {"S": sortable(job.due_at)}},
            )

    @property
    def _postponed(self) -> str:
        return f"postponed#{self.store_id}"

    def _job_key(self, job: PostponedJob) -> Item:
        return key(subscription_pk(self.store_id, job.subscription_id), f"job#{job.name}")


def _job(item: Item) -> PostponedJob:
    return PostponedJob(
        item["subscription_id"]["S"],
        item["sk"]["S"].removeprefix("job#"),
        dt.datetime.fromisoformat(item["placed"]["S"]),
        item["body"]["S"],
    )
