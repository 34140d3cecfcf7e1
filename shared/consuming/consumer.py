"""The consumer engine: handles the messages of one queue, so many at once, and settles each.

The whole interface::

    async def greet(message: Message) -> Outcome:
        print("hello,", message.body)
        return Done()

    consumer = Consumer(queue, greet, ConsumerLimits(concurrency=4))
    await consumer.run(stop)  # until the event `stop` is set, then drains
    consumer.check()          # raises StalledError while the queue does not answer

A handler turns a message into an outcome: `Done()` deletes the message, `Retry(after, reason)`
makes it visible again later, `Reject(reason)` moves it to the dead-letter queue. An exception is
a `Retry` with back-off. Until it is settled, the message is hidden from other consumers; a
handler that has lost its lease is cancelled. An outcome is settled while the next message is
handled.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

from shared.consuming.lease import LeaseKeeper
from shared.consuming.message import (
    Around,
    Handler,
    LogFields,
    Message,
    Queue,
    no_log_fields,
    nothing_around,
)
from shared.consuming.polling import Poller, pause_unless
from shared.consuming.work import Count, Work, no_count

log = structlog.stdlib.get_logger(__name__)

MAX_RECEIVE = 10
"""SQS returns up to 10 messages in one receive."""

_WORTHWHILE = 5
"""How many free slots, or half of all, are worth another poll while one is in flight."""

_UNSETTLED = 2
"""How many messages may await the confirmation of their outcome, for each that may be handled."""

_HAND_BACK_SECONDS = 5
"""How long handing back may take; the rest becomes visible when its leases run out."""


@dataclass(frozen=True, slots=True)
class ConsumerLimits:
    """Limits of number and time; all durations in seconds.

    `concurrency` messages are handled at once; up to twice as many more are being settled.
    `visibility_timeout` is that of the queue's receives. `grace` is how long work in progress may
    go on after a stop. Up to `polls` polls are in flight while polls come back full, otherwise
    one. A poll counts as stalled after `poll_stalled`, and is given up after `poll_deadline`. After
    one that brought less than it might, the next begins `pace` later: more messages gather.
    """

    concurrency: int = 4
    visibility_timeout: float = 30
    grace: float = 20
    polls: int = 4
    poll_stalled: float = 10
    poll_deadline: float = 40
    pace: float = 0


class Consumer:
    """Receives only messages that it can start, handles them under a lease, and settles them.

    All lines about a message have its `log_fields`; one that is done is logged if `log_done`.
    `count` is called for each. The work on it runs within `around`.
    """

    def __init__(  # noqa: PLR0913 - four of them are by name, and may be left out
        self,
        queue: Queue,
        handler: Handler,
        limits: ConsumerLimits,
        rnd: Callable[[], float] = random.random,
        *,
        log_fields: LogFields = no_log_fields,
        log_done: bool = True,
        count: Count = no_count,
        around: Around = nothing_around,
    ) -> None:
        self._limits = limits
        self._leases = LeaseKeeper(queue, limits.visibility_timeout)
        self._work = Work(queue, handler, self._leases, rnd, log_fields, log_done, count, around)
        self._poller = Poller(queue, limits.poll_stalled, limits.poll_deadline, rnd)
        self._works: set[asyncio.Task[None]] = set()
        self._polls: set[asyncio.Task[None]] = set()
        self._free = limits.concurrency
        self._reserved = 0
        self._plenty = False
        self._changed = asyncio.Event()

    def check(self) -> None:
        """Raise StalledError while the queue does not answer."""
        self._poller.check()

    async def run(self, stop: asyncio.Event, drain: asyncio.Event | None = None) -> None:
        """Consume until `stop` is set; then finish the work in progress, and hand back the rest.

        `drain` ends it too, without a grace period: the work in progress may take any time.
        """
        keeper = asyncio.create_task(self._leases.keep(), name="lease keeper")
        ending = asyncio.Event()
        wakers = [
            asyncio.create_task(self._end_at(event, ending)) for event in (stop, drain) if event
        ]
        try:
            keeper.add_done_callback(lambda _: self._changed.set())
            while not (ending.is_set() or keeper.done()):
                self._changed.clear()
                self._start_polls(ending)
                await self._changed.wait()
            while (self._polls or self._works) and not (stop.is_set() or keeper.done()):
                self._changed.clear()
                await self._changed.wait()
            await self._finish_in_grace()
            if keeper.done():
                keeper.result()
        finally:
            tasks = (keeper, *wakers, *self._polls, *self._works)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _start_polls(self, ending: asyncio.Event) -> None:
        """Poll for as many messages as there are free slots; a poll reserves its slots."""
        most = self._limits.concurrency * (1 + _UNSETTLED)
        while len(self._polls) < (self._limits.polls if self._plenty else 1):
            slots = min(MAX_RECEIVE, self._free)
            if slots == 0 or len(self._works) + self._reserved + slots > most:
                return
            if self._polls and slots < min(_WORTHWHILE, (self._limits.concurrency + 1) // 2):
                return  # more slots may be free when a poll returns
            self._free -= slots
            self._reserved += slots
            self._start(self._polls, self._poll(slots, ending))

    async def _poll(self, slots: int, ending: asyncio.Event) -> None:
        messages = await self._poller.poll(slots, ending)
        self._plenty = len(messages) == slots
        self._reserved -= slots
        self._free += slots - len(messages)
        for message in messages:
            step = self._work.hand_back if ending.is_set() else self._do
            self._start(self._works, step(message))
        if self._limits.pace and 0 < len(messages) < slots:
            await pause_unless(ending, self._limits.pace)

    def _do(self, message: Message) -> Coroutine[Any, Any, None]:
        """Work on a message; its slot is free once there is an outcome."""
        return self._work.do(message, self._free_slot)

    def _free_slot(self) -> None:
        self._free += 1
        self._changed.set()

    async def _finish_in_grace(self) -> None:
        """Wait for polls and work in progress; hand back what exceeds the grace period."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.grace):
                while self._polls or self._works:
                    await asyncio.wait(self._polls | self._works)
        if late := self._works.copy():
            log.warning("drain.timed_out", handed_back=len(late))
            for work in late:
                work.cancel()
            await asyncio.wait(late, timeout=_HAND_BACK_SECONDS)

    def _start(self, among: set[asyncio.Task[None]], step: Coroutine[Any, Any, None]) -> None:
        def ended(task: asyncio.Task[None]) -> None:
            among.discard(task)
            self._changed.set()

        task = asyncio.create_task(step)
        among.add(task)
        task.add_done_callback(ended)

    async def _end_at(self, event: asyncio.Event, ending: asyncio.Event) -> None:
        await event.wait()
        ending.set()
        self._changed.set()
