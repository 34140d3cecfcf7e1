"""Coalesces concurrent calls into batch calls, without a timer.

While a call is in flight, entries gather; when it returns, they are sent as one batch. So an idle
shop pays no added latency, and a busy one a tenth of the requests. Full batches do not wait.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from shared.aws.clients import AwsUnavailableError

Entry = TypeVar("Entry")

MAX_ENTRIES = 10
"""SQS and SNS take up to 10 entries in a batch."""

MAX_TRIES = 3
"""How often an entry is sent while the service fails it; its batch is not sent again."""


class EntryFailedError(Exception):
    """One entry of a batch failed; the other entries were not affected.

    The failure `passes` when the entry is not its cause: the service failed or throttled, even if
    it calls that the sender's fault.
    """

    def __init__(self, code: str, message: str, *, sender_fault: bool) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.passes = not sender_fault or "Throttl" in code


class BatcherClosedError(Exception):
    """The batcher takes no more entries."""


BatchResult: TypeAlias = Sequence[EntryFailedError | None]
"""The error of each entry, by its position in the batch, or none."""

BatchCall = Callable[[Sequence[Entry]], Awaitable[BatchResult]]
"""Sends one batch. When the whole call fails, it raises: every entry's caller gets that error."""


@dataclass(slots=True)
class _Waiting(Generic[Entry]):
    entry: Entry
    size: int
    done: asyncio.Future[None]
    context: contextvars.Context
    tries: int = 0

    def resolve(self, error: Exception | None) -> bool:
        """Give the caller its result; return false when the entry must be sent again."""
        self.tries += 1
        if self.done.cancelled():
            pass
        elif error is None:
            self.done.set_result(None)
        elif not (isinstance(error, EntryFailedError) and error.passes):
            self.done.set_exception(error)
        elif self.tries < MAX_TRIES:
            return False
        else:
            self.done.set_exception(AwsUnavailableError(str(error)))
        return True


class Batcher(Generic[Entry]):
    """Sends entries in batches. `size` is an entry's bytes; a batch has up to `max_bytes`.

    Up to `max_waiting` entries may wait; a `submit` beyond that waits for a free place. With
    `max_in_flight` of 1, entries take effect in the order in which they were submitted. A call
    runs in the context of its first entry, and so has that one's log fields and trace.
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
        self._dispatching = False

    async def submit(self, entry: Entry) -> None:
        """Return once the service has confirmed this entry.

        Raises EntryFailedError when it was refused for good, AwsUnavailableError when the service
        failed it MAX_TRIES times, BatcherClosedError after `close`, and the error of the call
        when the whole batch failed.
        """
        async with self._room:
            if self._closed:
                raise BatcherClosedError
            done = asyncio.get_running_loop().create_future()
            context = contextvars.copy_context()
            self._waiting.append(_Waiting(entry, self._size(entry), done, context))
            if not self._dispatching:
                # Later, so that tasks which are ready to run can submit to the same batch.
                self._dispatching = True
                asyncio.get_running_loop().call_soon(self._dispatch)
            await done

    async def close(self) -> None:
        """Refuse new entries, and return once those submitted are settled."""
        self._closed = True
        self._dispatch()
        while self._in_flight:
            await asyncio.wait(self._in_flight)

    def _dispatch(self) -> None:
        self._dispatching = False
        while self._waiting and len(self._in_flight) < self._max_in_flight:
            if self._in_flight and len(self._waiting) < MAX_ENTRIES:
                return
            if batch := self._take_batch():
                task = asyncio.create_task(self._send(batch), context=batch[0].context)
                self._in_flight.add(task)
                task.add_done_callback(self._in_flight.discard)
                task.add_done_callback(lambda _: self._dispatch())

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
        errors: Sequence[Exception | None]
        try:
            errors = await self._call([waiting.entry for waiting in batch])
        except Exception as error:  # noqa: BLE001 - every caller in the batch gets it
            errors = [error] * len(batch)
        results = zip(batch, errors, strict=True)
        again = [waiting for waiting, error in results if not waiting.resolve(error)]
        self._waiting.extendleft(reversed(again))


def by_position(count: int, failed: Sequence[Any]) -> list[EntryFailedError | None]:
    """List the `Failed` entries of a batch answer by position, which is their entry id.

    Message ids would not do: one message can be twice in a batch.
    """
    errors: list[EntryFailedError | None] = [None] * count
    for entry in failed:
        errors[int(entry["Id"])] = EntryFailedError(
            entry["Code"], entry.get("Message", ""), sender_fault=entry["SenderFault"]
        )
    return errors
