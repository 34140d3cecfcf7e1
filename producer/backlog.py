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
        self._queued_since = 0

    @property
    def count(self) -> int:
        """How many tickets are unfinished, as far as is known."""
        return self._sampled + self._queued_since

    def queued(self) -> None:
        """Count a ticket that was just queued."""
        self._queued_since += 1

    async def sample(self) -> None:
        """Ask the queue; what is queued meanwhile counts on top."""
        self._queued_since = 0
        self._sampled = await self._tickets.backlog()
