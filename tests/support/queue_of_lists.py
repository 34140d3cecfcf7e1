"""A queue for the consumer engine, made of lists: what is waiting, and how it was settled."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from shared.consuming.message import LeaseLostError, Message


class QueueOfLists:
    def __init__(self) -> None:
        self.waiting: list[Message] = []
        self.came = asyncio.Condition()
        self.asked_for: list[int] = []
        self.settled: list[tuple[str, str, object]] = []
        self.lost: set[str] = set()
        self.polling = asyncio.Event()
        self.release_empty = asyncio.Event()
        self.broken_polls = 0
        self.polls = 0
        self.most_polls = 0

    async def receive(self, limit: int) -> Sequence[Message]:
        self.asked_for.append(limit)
        if self.broken_polls:
            self.broken_polls -= 1
            raise ConnectionError("the queue is away")
        self.polling.set()
        self.polls += 1
        self.most_polls = max(self.most_polls, self.polls)
        try:
            async with self.came:
                await self.came.wait_for(lambda: self.waiting or self.release_empty.is_set())
                taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
            return taken
        finally:
            self.polls -= 1

    async def delete(self, message: Message) -> None:
        await self._settle("delete", message, None)

    async def extend(self, message: Message, seconds: float) -> None:
        if message.message_id in self.lost:
            raise LeaseLostError(message.message_id)
        await self._settle("extend", message, seconds)

    async def dead_letter(self, message: Message, reason: str) -> None:
        await self._settle("dead letter", message, reason)

    async def _settle(self, what: str, message: Message, detail: object) -> None:
        async with self.came:
            self.settled.append((what, message.message_id, detail))
            self.came.notify_all()

    async def put(self, *message_ids: str, receive_count: int = 1) -> None:
        async with self.came:
            self.waiting += [
                Message(message_id, f"receipt of {message_id}", message_id, {}, receive_count)
                for message_id in message_ids
            ]
            self.came.notify_all()

    async def end_polls(self) -> None:
        async with self.came:
            self.release_empty.set()
            self.came.notify_all()

    async def has_settled(self, what: str, count: int) -> list[str]:
        def found() -> list[str]:
            return [message_id for kind, message_id, _ in self.settled if kind == what]

        async with asyncio.timeout(5), self.came:
            await self.came.wait_for(lambda: len(found()) >= count)
            return found()
