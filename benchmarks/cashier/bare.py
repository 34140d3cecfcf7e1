"""`python -m benchmarks.cashier.bare URL FILE PORT`: the least that an order takes.

A handler of aiohttp alone: it writes one row of an order's document (durably, with others that
wait, as ours is), publishes its announcement and sends its ticket, ten at a time, through bare
aiobotocore. It checks nothing, logs nothing, and counts nothing.
"""

from __future__ import annotations

import asyncio
import functools
import json
import sqlite3
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from aiobotocore.session import get_session
from aiohttp import web

from benchmarks.cashier.documents import announcement_of, order_of, ticket_of

_QUEUE = "/000000000000/orders"
_TOPIC = "arn:aws:sns:us-east-1:000000000000:order-events"
_CALLS_AT_ONCE = 4
_ROWS, _ENTRIES = 256, 10

Entry = TypeVar("Entry")


class Together(Generic[Entry]):
    """Hands over what arrives during one call with the next one."""

    def __init__(
        self, call: Callable[[Sequence[Entry]], Awaitable[object]], most: int, at_once: int
    ) -> None:
        self._call = call
        self._most = most
        self._free = at_once
        self._waiting: deque[tuple[Entry, asyncio.Future[None]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._at_once = at_once

    async def add(self, entry: Entry) -> None:
        """Return once the entry was handed over."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, done))
        is_full = len(self._waiting) >= self._most and self._free
        if self._free == self._at_once or is_full:
            self._free -= 1
            task = asyncio.create_task(self._hand_over())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await done

    async def _hand_over(self) -> None:
        while self._waiting:
            count = min(self._most, len(self._waiting))
            batch = [self._waiting.popleft() for _ in range(count)]
            await self._call([entry for entry, _ in batch])
            for _, done in batch:
                done.set_result(None)
        self._free += 1


class File:
    """One SQLite file, written on a thread of its own."""

    def __init__(self, path: str) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute("CREATE TABLE orders (id TEXT PRIMARY KEY, document TEXT)")

    async def write(self, rows: Sequence[tuple[str, str]]) -> None:
        """Return once the rows are durable."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._write, rows)

    def _write(self, rows: Sequence[tuple[str, str]]) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany("INSERT INTO orders VALUES (?, ?)", rows)
        self._database.execute("COMMIT")


async def serve(url: str, path: str, port: int) -> None:
    """Serve until the process is ended."""
    client: Any = functools.partial(
        get_session().create_client,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the stand-in takes any
    )
    async with client("sqs") as sqs, client("sns") as sns:

        async def send(entries: Sequence[dict[str, Any]]) -> None:
            numbered = [{"Id": str(place), **entry} for place, entry in enumerate(entries)]
            await sqs.send_message_batch(QueueUrl=url + _QUEUE, Entries=numbered)

        async def publish(entries: Sequence[dict[str, Any]]) -> None:
            numbered = [{"Id": str(place), **entry} for place, entry in enumerate(entries)]
            await sns.publish_batch(TopicArn=_TOPIC, PublishBatchRequestEntries=numbered)

        rows = Together(File(path).write, _ROWS, 1)
        announcements = Together(publish, _ENTRIES, _CALLS_AT_ONCE)
        tickets = Together(send, _ENTRIES, _CALLS_AT_ONCE)

        async def place(request: web.Request) -> web.Response:
            order = order_of(await request.json())
            await rows.add((order["id"], json.dumps(order)))
            await announcements.add(announcement_of(order))
            await tickets.add(ticket_of(order))
            return web.json_response(order, status=201)

        app = web.Application()
        app.router.add_post("/orders", place)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2], int(sys.argv[3])))
