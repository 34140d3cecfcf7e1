"""Leases: keep a message hidden while its handler works; cancel the handler when it is lost."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from shared.consuming.message import LeaseLostError, Message, Queue

log = structlog.stdlib.get_logger(__name__)

Result = TypeVar("Result")


@dataclass(slots=True, eq=False)
class _Lease:
    """Lines about it are logged in the `context` of the work: they name what it is about."""

    message: Message
    work: asyncio.Task[Any]
    held_until: float
    context: contextvars.Context
    lost: bool = False


class LeaseKeeper:
    """Extends all leases together, every third of the visibility timeout (seconds)."""

    def __init__(self, queue: Queue, visibility_timeout: float) -> None:
        self._queue = queue
        self._visibility_timeout = visibility_timeout
        self._leases: set[_Lease] = set()

    async def work(self, message: Message, step: Coroutine[Any, Any, Result]) -> Result:
        """Run `step` while the lease on `message` lasts.

        When the lease is lost, cancels `step` and raises LeaseLostError.
        """
        work = asyncio.create_task(step)
        held_until = asyncio.get_running_loop().time() + self._visibility_timeout
        lease = _Lease(message, work, held_until, contextvars.copy_context())
        self._leases.add(lease)
        try:
            return await work
        except asyncio.CancelledError:
            if lease.lost:
                raise LeaseLostError(message.message_id) from None
            raise
        finally:
            self._leases.discard(lease)

    async def keep(self) -> None:
        """Extend the leases until cancelled."""
        while True:
            await asyncio.sleep(self._visibility_timeout / 3)
            await asyncio.gather(*(self._extend(lease) for lease in tuple(self._leases)))

    async def _extend(self, lease: _Lease) -> None:
        if lease not in self._leases:  # settled since the round began
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

    def _lose(self, lease: _Lease) -> None:
        if lease in self._leases:
            lease.context.run(log.warning, "lease.lost", message_id=lease.message.message_id)
            lease.lost = True
            lease.work.cancel()
