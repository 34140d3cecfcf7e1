"""Leases: keep a message hidden until it is settled; cancel its handler when the lease is lost."""

from __future__ import annotations

import asyncio
import contextvars
from dataclasses import dataclass
from typing import Any

import structlog

from shared.consuming.message import LeaseLostError, Message, Queue

log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Lease:
    """A lease on a message; its `work` is cancelled when it is lost, until there is an outcome.

    Lines about it are logged in the `context` of the work: they name what it is about.
    """

    message: Message
    work: asyncio.Task[Any] | None
    held_until: float
    context: contextvars.Context
    lost: bool = False


class LeaseKeeper:
    """Extends all leases together, every third of the visibility timeout (seconds)."""

    def __init__(self, queue: Queue, visibility_timeout: float) -> None:
        self._queue = queue
        self._visibility_timeout = visibility_timeout
        self._leases: set[Lease] = set()

    def take(self, message: Message) -> Lease:
        """Keep the lease on a message for the task that calls this, until it ends it."""
        held_until = asyncio.get_running_loop().time() + self._visibility_timeout
        lease = Lease(message, asyncio.current_task(), held_until, contextvars.copy_context())
        self._leases.add(lease)
        return lease

    def end(self, lease: Lease) -> None:
        """Extend it no more."""
        self._leases.discard(lease)

    async def keep(self) -> None:
        """Extend the leases until cancelled."""
        while True:
            await asyncio.sleep(self._visibility_timeout / 3)
            await asyncio.gather(*(self._extend(lease) for lease in tuple(self._leases)))

    async def _extend(self, lease: Lease) -> None:
        if lease not in self._leases:  # ended since the round began
            return
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        try:
            async with asyncio.timeout(self._visibility_timeout / 3):
                await self._queue.extend(lease.message, self._visibility_timeout)
        except LeaseLostError:
            self._lose(lease)
        except Exception as error:  # noqa: BLE001 - the next round may succeed, or it is too late
            lease.context.run(log.warning, "lease.not_extended", error=repr(error))
            if loop.time() >= lease.held_until:
                self._lose(lease)
        else:
            lease.held_until = asked_at + self._visibility_timeout

    def _lose(self, lease: Lease) -> None:
        if lease in self._leases and lease.work is not None:
            lease.context.run(log.warning, "lease.lost", message_id=lease.message.message_id)
            lease.lost = True
            lease.work.cancel()
