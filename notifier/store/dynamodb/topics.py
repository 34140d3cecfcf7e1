"""Topics and their issues in DynamoDB."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shared.clock import sortable
from shared.domain.issue import ISSUES_KEPT, Issue
from shared.store.document import ISSUE
from shared.store.dynamodb.batch import open_items
from shared.store.dynamodb.item import Item, epoch_seconds, same_write, shop_key
from shared.store.dynamodb.table import ABSENT, DynamoDBRecords


@dataclass(frozen=True)
class DynamoDBTopics(DynamoDBRecords):
    """The `TopicStore` of one shop, in a table that several shops may share.

    An issue that is announced or withdrawn is kept for `ISSUES_KEPT`.
    """

    async def put_topic(self, name: str, description: str) -> bool:
        """Record a topic, or change its description; return whether it is new."""
        item: Item = {
            **shop_key(self.store_id, f"topic#{name}"),
            "name": {"S": name},
            "description": {"S": description},
            "write_id": {"S": uuid.uuid4().hex},
        }
        async with self.table.in_time():
            recorded = await self.table.put_or_find(item, ABSENT)
            if recorded is not None and same_write(recorded, item):
                return True
            await self.table.put(item, {})
            return False

    async def topics(self) -> Mapping[str, str]:
        """Give every recorded topic's description."""
        items = await self.shop_items("topic#", fresh=True)
        return {item["name"]["S"]: item["description"]["S"] for item in items}

    async def add_issue(self, issue: Issue) -> Issue:
        """Record an issue that is to be announced; a recorded one stays as it is."""
        item: Item = {
            **self._issue_key(issue.id),
            "document": {"S": ISSUE.dump_json(issue).decode()},
            "open": {"S": self._unannounced},
            "placed": {"S": f"{sortable(issue.at)}#{issue.id}"},
        }
        async with self.table.in_time():
            recorded = await self.table.put_or_find(item, ABSENT) or item  # it expires by itself
        return ISSUE.validate_json(recorded["document"]["S"])

    async def issue(self, issue_id: str) -> Issue | None:
        """Read an issue."""
        async with self.table.in_time():
            item = await self.table.item(self._issue_key(issue_id))
        return None if item is None else ISSUE.validate_json(item["document"]["S"])

    async def withdraw_issue(self, issue_id: str, now: dt.datetime) -> bool:
        """Withdraw an issue that is to be announced after `now`; there is nothing to announce."""
        issue, client = await self.issue(issue_id), self.table.client
        if issue is None:
            return False
        withdrawn = ISSUE.dump_json(replace(issue, withdrawn=True)).decode()
        async with self.table.in_time():
            try:
                await client.update_item(
                    TableName=self.table.name,
                    Key=self._issue_key(issue_id),
                    UpdateExpression="SET document = :withdrawn, expires = :expires"
                    " REMOVE #open, #placed",
                    ConditionExpression="#open = :open AND #placed > :now",
                    ExpressionAttributeNames={"#open": "open", "#placed": "placed"},
                    ExpressionAttributeValues={
                        ":withdrawn": {"S": withdrawn},
                        ":expires": epoch_seconds(self.clock() + ISSUES_KEPT),
                        ":open": {"S": self._unannounced},
                        ":now": {"S": f"{sortable(now)}#~"},
                    },
                )
            except client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    async def issues(self) -> Sequence[Issue]:
        """List all issues that are not withdrawn, the newest first."""
        items = await self.shop_items("issue#", fresh=True)
        issues = [ISSUE.validate_json(item["document"]["S"]) for item in items]
        found = [issue for issue in issues if not issue.withdrawn]
        return sorted(found, key=lambda issue: (issue.at, issue.id), reverse=True)

    async def issue_announced(self, issue_id: str) -> None:
        """Record that every delivery of an issue is in the log."""
        client = self.table.client
        async with self.table.in_time():
            try:
                await client.update_item(
                    TableName=self.table.name,
                    Key=self._issue_key(issue_id),
                    UpdateExpression="SET expires = :expires REMOVE #open, #placed",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeNames={"#open": "open", "#placed": "placed"},
                    ExpressionAttributeValues={
                        ":expires": epoch_seconds(self.clock() + ISSUES_KEPT)
                    },
                )
            except client.exceptions.ConditionalCheckFailedException:
                return  # it has expired since

    async def is_announced(self, issue_id: str) -> bool:
        """Return whether every delivery of an issue is known to be in the log."""
        async with self.table.in_time():
            item = await self.table.item(self._issue_key(issue_id))
        return item is not None and "open" not in item

    async def unannounced_issues(self, limit: int) -> Sequence[Issue]:
        """List issues that may not have reached the log, the oldest first."""
        async with self.table.in_time():
            items = await open_items(self.table, self._unannounced, limit)
        return [ISSUE.validate_json(item["document"]["S"]) for item in items]

    @property
    def _unannounced(self) -> str:
        return f"unannounced#{self.store_id}"

    def _issue_key(self, issue_id: str) -> Item:
        return shop_key(self.store_id, f"issue#{issue_id}")
