"""A queue in memory, with long polls and receipts, for measurements in which all is settled.

Visibility timeouts do not run out: a message stays hidden until it is deleted or handed back.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(slots=True)
class Stored:
    """A message as it was sent (`sent_at` in ms since 1970), and how often it was received."""

    message_id: str
    body: str
    md5: str
    sent_at: int
    attributes: Mapping[str, Any]
    receives: int = 0


Received: TypeAlias = Sequence[tuple[str, Stored]]
"""Messages, each with the receipt of this receive."""


@dataclass(slots=True)
class LoopbackQueue:
    """Messages in memory. `requests` counts answers by operation, `empty` is set without any."""

    requests: Counter[str] = field(default_factory=Counter)
    empty: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting: deque[Stored] = field(default_factory=deque)
    _in_flight: dict[str, Stored] = field(default_factory=dict)
    _polls: deque[tuple[int, asyncio.Future[Received]]] = field(default_factory=deque)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def put(self, entry: Mapping[str, Any], copies: int = 1) -> None:
        """Add a message, by its entry in a request to send, so many times."""
        body, attributes = entry["MessageBody"], entry.get("MessageAttributes") or {}
        md5 = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
        now = int(time.time() * 1000)
        names = [f"00000000-0000-4000-8000-{next(self._numbers):012d}" for _ in range(copies)]
        self._add(Stored(name, body, md5, now, attributes) for name in names)

    def take_entry(self) -> Mapping[str, Any]:
        """Remove the first message, and give the entry by which it was sent."""
        message = self._waiting.popleft()
        return {"MessageBody": message.body, "MessageAttributes": message.attributes}

    async def receive(self, limit: int, seconds: float) -> Received:
        """Give up to `limit` messages with their receipts; wait so long for the first."""
        if self._waiting or not seconds:
            return self._take(limit)
        answer: asyncio.Future[Received] = asyncio.get_running_loop().create_future()
        self._polls.append((limit, answer))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await answer
        return ()

    def delete(self, receipt: str) -> bool:
        """Delete a message that is in flight; return whether it was."""
        known = self._in_flight.pop(receipt, None) is not None
        if not (self._in_flight or self._waiting):
            self.empty.set()
        return known

    def hand_back(self, receipt: str) -> None:
        """Make a message visible again."""
        if message := self._in_flight.pop(receipt, None):
            self._add([message])

    def counts(self) -> tuple[int, int]:
        """Count the messages that wait, and those in flight."""
        return len(self._waiting), len(self._in_flight)

    def _add(self, messages: Iterable[Stored]) -> None:
        self._waiting.extend(messages)
        self.empty.clear()
        while self._polls and self._waiting:
            limit, answer = self._polls.popleft()
            if not answer.done():  # a poll that has ended is done
                answer.set_result(self._take(limit))

    def _take(self, limit: int) -> Received:
        taken = [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]
        received = [(f"receipt-{next(self._numbers)}", message) for message in taken]
        for _, message in received:
            message.receives += 1
        self._in_flight.update(received)
        return received
