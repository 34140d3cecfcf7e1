"""`python -m benchmarks.barista.bare`: the least that prepares orders, with nothing but libraries.

The same records, announcements and durability as a worker's, for up to ten tickets at a time:
claimed in one commit, announced in one request, completed in one commit, announced, and deleted.
A failure ends it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession

Document: TypeAlias = dict[str, Any]

_MOST_IN_BATCH = 10
_TOPIC = "arn:aws:sns:us-east-1:000000000000:order-events"
_CLAIM = dt.timedelta(seconds=30)
_GET = "SELECT document FROM orders WHERE id = ?"
_REPLACE = """UPDATE orders SET state = ?, version = ?, attempt = ?, document = ?
    WHERE id = ? AND version = ? AND attempt = ?"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where tickets come from, announcements go to, and orders are."""

    sqs: Any
    sns: Any
    queue: str
    topic: str
    db: sqlite3.Connection
    thread: ThreadPoolExecutor

    async def work(self, most: int) -> None:
        """Prepare orders for ever, up to `most` at once."""
        while True:
            answer = await self.sqs.receive_message(
                QueueUrl=self.queue,
                MaxNumberOfMessages=most,
                WaitTimeSeconds=2,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
            )
            if messages := answer.get("Messages"):
                await self._prepare(messages)

    async def _prepare(self, messages: Sequence[Document]) -> None:
        begun = await self._write(lambda: [self._claim(message) for message in messages])
        await self._announce(begun)
        await self._announce(await self._write(lambda: [self._complete(each) for each in begun]))
        entries = [
            {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]}
            for place, message in enumerate(messages)
        ]
        _check(await self.sqs.delete_message_batch(QueueUrl=self.queue, Entries=entries))

    async def _announce(self, orders: Sequence[Document]) -> None:
        entries = [_entry(place, order) for place, order in enumerate(orders)]
        _check(
            await self.sns.publish_batch(TopicArn=self.topic, PublishBatchRequestEntries=entries)
        )

    async def _write(self, step: Callable[[], list[Document]]) -> list[Document]:
        def commit() -> list[Document]:
            self.db.execute("BEGIN IMMEDIATE")
            written = step()
            self.db.execute("COMMIT")
            return written

        return await asyncio.get_running_loop().run_in_executor(self.thread, commit)

    def _claim(self, message: Document) -> Document:
        ticket = json.loads(message["Body"])
        (found,) = self.db.execute(_GET, (ticket["order_id"],)).fetchone()
        order: Document = json.loads(found)
        until = dt.datetime.now(dt.UTC) + _CLAIM
        claim = {"ticket": message["MessageId"], "until": until.isoformat()}
        return self._replace(order, "preparing", attempt=order["attempt"] + 1, claim=claim)

    def _complete(self, order: Document) -> Document:
        return self._replace(order, "ready", claim=None)

    def _replace(self, before: Document, state: str, **changes: object) -> Document:
        entry = {"state": state, "at": dt.datetime.now(dt.UTC).isoformat(), "by": None}
        after = {
            **before,
            **changes,
            "state": state,
            "version": before["version"] + 1,
            "timeline": [*before["timeline"], entry],
        }
        now = (state, after["version"], after["attempt"], json.dumps(after), before["id"])
        was = (before["version"], before["attempt"])
        if not self.db.execute(_REPLACE, (*now, *was)).rowcount:
            raise RuntimeError("somebody else has changed the order")
        return after


def _entry(place: int, order: Document) -> Document:
    event = {
        "specversion": "1.0",
        "id": f"{order['id']}:{order['version']}",
        "source": f"/stores/{order['store_id']}",
        "type": f"coffeeshop.order.{order['state']}.v1",
        "subject": order["id"],
        "time": order["timeline"][-1]["at"],
        "datacontenttype": "application/json",
        "correlationid": order["correlation_id"],
        "data": {
            "order_id": order["id"],
            "number": order["number"],
            "state": order["state"],
            "previous_state": order["timeline"][-2]["state"],
            "version": order["version"],
            "attempt": order["attempt"],
        },
    }
    attributes = {
        name: {"DataType": "String", "StringValue": value}
        for name, value in (
            ("type", event["type"]),
            ("store_id", order["store_id"]),
            ("order_id", order["id"]),
        )
    }
    return {
        "Id": str(place),
        "Message": json.dumps(event),
        "MessageAttributes": attributes,
        "MessageGroupId": order["store_id"],
    }


def _check(answer: Document) -> None:
    if failed := answer.get("Failed"):
        raise RuntimeError(failed)


def _opened(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    return db


async def main(concurrency: int) -> None:
    """Prepare so many orders at once, in loops of up to ten, until somebody ends the process."""
    named: Document = {
        "endpoint_url": os.environ["COFFEE_AWS_ENDPOINT_URL"],
        "region_name": "us-east-1",
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
        "config": AioConfig(max_pool_connections=50),
    }
    session = AioSession()
    db = _opened(f"{os.environ['COFFEE_STATE_DIR']}/orders.sqlite3")
    async with (
        session.create_client("sqs", **named) as sqs,
        session.create_client("sns", **named) as sns,
    ):
        queue = (await sqs.get_queue_url(QueueName="orders"))["QueueUrl"]
        place = Place(sqs, sns, queue, _TOPIC, db, ThreadPoolExecutor(1))
        most = min(concurrency, _MOST_IN_BATCH)
        await asyncio.gather(*(place.work(most) for _ in range(concurrency // most)))


if __name__ == "__main__":
    asyncio.run(main(int(os.environ["COFFEE_WORKER_CONCURRENCY"])))
