"""How many tickets are unfinished, sampled often enough to act on."""

from __future__ import annotations

from typing import Protocol

SAMPLE_SECONDS = 1

_SURE = 2
"""SQS' counts are approximate: one sample that finds nothing may be wrong."""


class TicketCounts(Protocol):
    """The part of the tickets' queue that counts."""

    async def waiting_and_in_flight(self) -> tuple[int, int]:
        """Count the tickets that wait, and those in flight."""


class Backlog:
    """The tickets waiting and in flight: the last sample, and what was queued here since."""

    def __init__(self, queue: TicketCounts) -> None:
        self._queue = queue
        self.sampled = (0, 0)
        """How many tickets waited, and how many were in flight, at the last sample."""
        self._queued = 0
        self._queued_at_sample = 0
        self._empty_in_a_row = 0

    @property
    def count(self) -> int:
        """How many tickets are unfinished, as far as is known."""
        return sum(self.sampled) + self._queued - self._queued_at_sample

    @property
    def is_empty(self) -> bool:
        """Whether the last two samples found nothing, and nothing was queued here since."""
        return self._empty_in_a_row >= _SURE

    def queued(self) -> None:
        """Count a ticket that was just queued."""
        self._queued += 1
        self._empty_in_a_row = 0

    async def sample(self) -> None:
        """Ask the queue; tickets queued meanwhile are added. A failure keeps the last sample."""
        queued, empty_before = self._queued, self._empty_in_a_row
        self._empty_in_a_row = 0
        self.sampled = await self._queue.waiting_and_in_flight()
        self._queued_at_sample = queued
        if self.count == 0:
            self._empty_in_a_row = empty_before + 1
