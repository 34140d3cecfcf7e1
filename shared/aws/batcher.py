"""Coalesces concurrent calls into batch calls, without a timer.

While a call is in flight, entries gather; when it returns, what has gathered goes out. So an idle
shop pays no added latency, and a busy one a tenth of the requests. Full batches do not wait.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shared.aws.errors import AwsUnavailableError

Entry = TypeVar("Entry")

MAX_ENTRIES = 10
"""SQS and SNS take up to 10 entries in a batch."""

MAX_TRIES = 3
"""How often an entry is sent that fails for no fault of its own; its batch is not."""


class EntryFailedError(Exception):
    """One entry of a batch was refused; the others were not touched by it.

    It `passes` when that was no fault of the entry's own: the other side failed, or had too much
    to do, whoever it blames for that.
    """

    def __init__(self, code: str, message: str, *, sender_fault: bool) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.passes = not sender_fault or "Throttl" in code


class BatcherClosedError(Exception):
    """The batcher takes no more entries."""


BatchCall = Callable[[Sequence[Entry]], Awaitable[Sequence[EntryFailedError | None]]]
"""Sends one batch, and tells of each entry, by its position, what went wrong with it, if anything.

When the whole call fails, it raises, and every entry's caller sees that error.
"""


@dataclass(slots=True)
class _Waiting(Generic[Entry]):
    entry: Entry
    size: int
    done: asyncio.Future[None]
    tries: int = 0

    def settle(self, fault: Exception | None) -> bool:
        """Tell the caller how its entry fared; false when it is to be sent again first."""
        self.tries += 1
        if self.done.cancelled():
            pass
        elif fault is None:
            self.done.set_result(None)
        elif not (isinstance(fault, EntryFailedError) and fault.passes):
            self.done.set_exception(fault)
        elif self.tries < MAX_TRIES:
            return False
        else:
            self.done.set_exception(AwsUnavailableError(str(fault)))
        return True


class Batcher(Generic[Entry]):
    """Sends entries in batches. `size` weighs an entry in bytes; a batch weighs up to `max_bytes`.

    Up to `max_waiting` entries may wait; whoever comes later waits to be let in. With one call in
    flight at most, entries take effect in the order in which they were submitted.
    """

    def __init__(
        self,
        call: BatchCall[Entry],
        *,
        size: Callable[[Entry], int] = lambda _: 0,
        max_bytes: int = 2**20,
        max_waiting: int = 1000,
        max_in_flight: int = 4,
    ) -> None:
        self._call = call
        self._size = size
        self._max_bytes = max_bytes
        self._max_in_flight = max_in_flight
        self._room = asyncio.Semaphore(max_waiting)
        self._waiting: deque[_Waiting[Entry]] = deque()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._closed = False

    async def submit(self, entry: Entry) -> None:
        """Return once the other side has confirmed this very entry.

        Raises EntryFailedError when it was refused for good, AwsUnavailableError when the other
        side failed it time and again, BatcherClosedError after `close`, and whatever the call
        raised when the whole batch failed.
        """
        async with self._room:
            if self._closed:
                raise BatcherClosedError
            done = asyncio.get_running_loop().create_future()
            self._waiting.append(_Waiting(entry, self._size(entry), done))
            # Not before the other tasks that are ready to run have had their say.
            asyncio.get_running_loop().call_soon(self._dispatch)
            await done

    async def close(self) -> None:
        """Take no more entries, and return when those that were taken are through."""
        self._closed = True
        self._dispatch()
        while self._in_flight:
            await asyncio.wait(self._in_flight)

    def _dispatch(self) -> None:
        while self._waiting and len(self._in_flight) < self._max_in_flight:
            if self._in_flight and len(self._waiting) < MAX_ENTRIES:
                return
            if batch := self._take_batch():
                task = asyncio.create_task(self._send(batch))
                self._in_flight.add(task)
                task.add_done_callback(self._returned)

    def _take_batch(self) -> list[_Waiting[Entry]]:
        batch: list[_Waiting[Entry]] = []
        weight = 0
        while self._waiting and len(batch) < MAX_ENTRIES:
            weight += self._waiting[0].size
            if batch and weight > self._max_bytes:
                break
            waiting = self._waiting.popleft()
            if not waiting.done.cancelled():
                batch.append(waiting)
        return batch

    async def _send(self, batch: Sequence[_Waiting[Entry]]) -> None:
        faults: Sequence[Exception | None]
        try:
            faults = await self._call([waiting.entry for waiting in batch])
        except Exception as error:  # noqa: BLE001 - it is passed on to every caller in the batch
            faults = [error] * len(batch)
        outcomes = zip(batch, faults, strict=True)
        again = [waiting for waiting, fault in outcomes if not waiting.settle(fault)]
        self._waiting.extendleft(reversed(again))

    def _returned(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        self._dispatch()


def by_position(count: int, failed: Sequence[Any]) -> list[EntryFailedError | None]:
    """Lay out a batch answer's `Failed` entries by position: entry ids are positions.

    Message ids would not do: one message can be twice in a batch.
    """
    faults: list[EntryFailedError | None] = [None] * count
    for entry in failed:
        faults[int(entry["Id"])] = EntryFailedError(
            entry["Code"], entry.get("Message", ""), sender_fault=entry["SenderFault"]
        )
    return faults
