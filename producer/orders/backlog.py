"""How long the line is, sampled often enough to act on."""

from __future__ import annotations

from typing import Protocol

_SURE = 2
"""SQS' counts are approximate: one sample that finds nothing may be wrong."""


class TicketCount(Protocol):
    """Whoever can count the tickets waiting and in flight."""

    async def backlog(self) -> int:
        """Count them."""


class Backlog:
    """The tickets waiting and in flight: the last sample, and what was queued here since."""

    def __init__(self, tickets: TicketCount) -> None:
        self._tickets = tickets
        self._sampled = 0
        self._queued = 0
        self._queued_at_sample = 0
        self._empty_in_a_row = 0

    @property
    def count(self) -> int:
        """How many tickets are unfinished, as far as is known."""
        return self._sampled + self._queued - self._queued_at_sample

    @property
    def is_empty(self) -> bool:
        """Whether the last two samples found nothing, and nothing was queued here since."""
        return self._empty_in_a_row >= _SURE

    def queued(self) -> None:
        """Count a ticket that was just queued."""
        self._queued += 1
        self._empty_in_a_row = 0

    async def sample(self) -> None:
        """Ask the queue; what is queued meanwhile counts on top. A failure forgets nothing."""
        queued, empty_before = self._queued, self._empty_in_a_row
        self._empty_in_a_row = 0
        self._sampled = await self._tickets.backlog()
        self._queued_at_sample = queued
        if self.count == 0:
            self._empty_in_a_row = empty_before + 1
