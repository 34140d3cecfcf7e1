"""`python -m benchmarks.end_to_end.generator`: places orders at a shop, and times them.

A process of its own that does as little as possible for an order: what it spends, the shop lacks.
It reads one JSON document, `Load`, from its standard input, and writes three lines: when it begins
and ends to count, and last `Placed`, as JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import resource
import sys
import time
import uuid
from dataclasses import asdict, dataclass, field

from benchmarks.end_to_end.connections import Exchange, ReadyStream, address

_ORDER = json.dumps(
    {"customer_name": "Ada", "items": [{"item": "latte", "size": "large", "quantity": 1}]}
).encode()
_ID = b'"id":"'
_ID_LENGTH = 26
_SETTLE_SECONDS = 30.0

AT_ONCE = 64
"""The most orders that are being placed at once."""

BEGUN, ENDED = "begun", "ended"
"""Lines of its output, when it begins and ends to count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What to place, for so many `seconds` after `warm_up_seconds` that are not counted.

    With a `rate`, that many orders a second, evenly spaced, whatever becomes of them. Without one,
    as many as there can be with `population` orders on their way: placed, and not yet ready; the
    warm-up begins when there are so many for the first time.
    With `to_the_end` it waits for the last order to become ready.
    """

    url: str
    key: str
    seconds: float
    warm_up_seconds: float = 2.0
    population: int = AT_ONCE
    rate: float | None = None
    to_the_end: bool = True


@dataclass(slots=True)
class Placed:
    """What became of it; times are in seconds, each from the order's request.

    `ready` counts the orders that became ready within the time, and `cpu_seconds` is what the
    generator needed then. `refused` counts those that the shop did not take, `unseen` those that
    did not become ready until the end.
    """

    seconds: float = 0.0
    ready: int = 0
    refused: int = 0
    unseen: int = 0
    cpu_seconds: float = 0.0
    placing: list[float] = field(default_factory=list)
    to_ready: list[float] = field(default_factory=list)


class Generator:
    """Places a load, once."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._host, self._port = address(load.url)
        self._head = (
            f"POST /orders HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
            f"Authorization: Bearer {load.key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(_ORDER)}\r\nIdempotency-Key: "
        ).encode()
        self._idle: list[Exchange] = []
        self._under_way: dict[bytes, float] = {}
        self._ready_early: dict[bytes, float] = {}
        self._room = asyncio.Semaphore(load.population)
        self._connections = asyncio.Semaphore(AT_ONCE)
        self._full, self._none_left = asyncio.Event(), asyncio.Event()
        self._placed = Placed(seconds=load.seconds)
        self._from = self._until = math.inf

    async def run(self) -> Placed:
        """Place everything, and wait for the last; raises ConnectionError."""
        loop = asyncio.get_running_loop()
        _, stream = await loop.create_connection(
            lambda: ReadyStream(self._host, self._load.key, self._on_ready), self._host, self._port
        )
        await stream.opened
        async with asyncio.TaskGroup() as group:
            group.create_task(self._count())
            await (self._at_a_rate(group) if self._load.rate else self._as_fast_as_possible(group))
        if self._load.to_the_end:
            await self._all_ready()
        if stream.lost:
            raise ConnectionResetError("the live stream ended")
        self._placed.unseen = len(self._under_way)
        return self._placed

    async def _count(self) -> None:
        """Count what happens from the end of the warm-up on, and tell of its begin and its end."""
        await self._full.wait()
        await asyncio.sleep(self._load.warm_up_seconds)
        before = _cpu()
        self._from = time.perf_counter()
        self._until = self._from + self._load.seconds
        _say(BEGUN)
        await asyncio.sleep(self._load.seconds)
        self._placed.cpu_seconds = _cpu() - before
        _say(ENDED)

    async def _as_fast_as_possible(self, group: asyncio.TaskGroup) -> None:
        while time.perf_counter() < self._until:
            await self._room.acquire()
            await self._connections.acquire()
            group.create_task(self._place(time.perf_counter()))
            if self._room.locked():
                self._full.set()

    async def _at_a_rate(self, group: asyncio.TaskGroup) -> None:
        self._full.set()
        due, pause = time.perf_counter(), 1 / (self._load.rate or 1.0)
        while due < self._until:
            await asyncio.sleep(due - time.perf_counter())
            await self._connections.acquire()
            group.create_task(self._place(due))
            due += pause

    async def _connection(self) -> Exchange:
        while self._idle:
            if (idle := self._idle.pop()).is_open:
                return idle
        return await self._connected()

    async def _place(self, begun: float) -> None:
        connection = await self._connection()
        status, answer = await connection.ask(
            b"%b%b\r\n\r\n%b" % (self._head, uuid.uuid4().hex.encode(), _ORDER)
        )
        now = time.perf_counter()
        self._idle.append(connection)
        self._connections.release()
        if status != 201:  # noqa: PLR2004 - created
            self._placed.refused += 1
            self._room.release()
            return
        if self._from <= begun:
            self._placed.placing.append(now - begun)
        begins = answer.index(_ID) + len(_ID)
        order_id = answer[begins : begins + _ID_LENGTH]
        self._under_way[order_id] = begun
        self._none_left.clear()
        if (ready_at := self._ready_early.pop(order_id, None)) is not None:
            self._end(order_id, ready_at)

    async def _connected(self) -> Exchange:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(Exchange, self._host, self._port)
        return connection

    def _on_ready(self, order_id: bytes) -> None:
        now = time.perf_counter()
        if order_id in self._under_way:
            self._end(order_id, now)
        else:  # the answer to its placing is still on the way
            self._ready_early[order_id] = now

    def _end(self, order_id: bytes, at: float) -> None:
        begun = self._under_way.pop(order_id)
        if not self._under_way:
            self._none_left.set()
        self._room.release()
        if self._from <= at < self._until:
            self._placed.ready += 1
        if self._from <= begun:
            self._placed.to_ready.append(at - begun)

    async def _all_ready(self) -> None:
        if self._under_way:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._none_left.wait(), _SETTLE_SECONDS)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Place the load that is read, and write what became of it."""
    load = Load(**json.load(sys.stdin))
    _say(json.dumps(asdict(asyncio.run(Generator(load).run()))))


if __name__ == "__main__":
    main()
