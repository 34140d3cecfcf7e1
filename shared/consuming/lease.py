"""Leases: what is being worked on is kept from others, and given up once it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from shared.consuming.message import LeaseLostError, Message, Queue

log = structlog.stdlib.get_logger(__name__)

Result = TypeVar("Result")


@dataclass(slots=True, eq=False)
class _Lease:
    message: Message
    work: asyncio.Task[Any]
    held_until: float
    lost: bool = False


class LeaseKeeper:
    """Extends every lease at a third of the visibility timeout (seconds), all in one go."""

    def __init__(self, queue: Queue, visibility_timeout: float) -> None:
        self._queue = queue
        self._visibility_timeout = visibility_timeout
        self._leases: set[_Lease] = set()

    async def work(self, message: Message, step: Coroutine[Any, Any, Result]) -> Result:
        """Do `step` while the lease on `message` lasts.

        Raises LeaseLostError, and has stopped `step`, when it was lost on the way.
        """
        work = asyncio.create_task(step)
        lease = _Lease(message, work, self._now() + self._visibility_timeout)
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
        """Extend the leases for ever."""
        while True:
            await asyncio.sleep(self._visibility_timeout / 3)
            await asyncio.gather(*(self._extend(lease) for lease in tuple(self._leases)))

    async def _extend(self, lease: _Lease) -> None:
        if lease not in self._leases:  # its message was settled since it was this one's turn
            return
        asked_at = self._now()
        try:
            async with asyncio.timeout(self._visibility_timeout / 3):
                await self._queue.extend(lease.message, self._visibility_timeout)
        except LeaseLostError:
            self._lose(lease)
        except Exception as error:  # noqa: BLE001 - the next round may succeed, or it is too late
            log.warning("lease.not_extended", error=repr(error))
            if self._now() >= lease.held_until:
                self._lose(lease)
        else:
            lease.held_until = asked_at + self._visibility_timeout

    def _lose(self, lease: _Lease) -> None:
        if lease in self._leases:
            log.warning("lease.lost", message_id=lease.message.message_id)
            lease.lost = True
            lease.work.cancel()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
