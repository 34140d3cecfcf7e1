"""How long the line is, sampled often enough to act on."""

from __future__ import annotations

from typing import Protocol


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

    @property
    def count(self) -> int:
        """How many tickets are unfinished, as far as is known."""
        return self._sampled + self._queued - self._queued_at_sample

    def queued(self) -> None:
        """Count a ticket that was just queued."""
        self._queued += 1

    async def sample(self) -> None:
        """Ask the queue; what is queued meanwhile counts on top. A failure forgets nothing."""
        queued = self._queued
        self._sampled = await self._tickets.backlog()
        self._queued_at_sample = queued
