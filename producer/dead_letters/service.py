"""Dead letters for staff: listed, shown and purged."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog

from producer.dead_letters.rules import reason_of, ticket_in
from shared.aws.dead_letters import MAX_LEASED, DeadLetter, DeadLetters
from shared.clock import Clock
from shared.domain.order import Order
from shared.store.contract import OrderStore, StoreUnavailableError

log = structlog.stdlib.get_logger(__name__)


class DeadLetterNotFoundError(Exception):
    """There is no dead letter under that id."""


class DeadLettersLeftError(Exception):
    """The dead letter was not found, but `left` others could not be inspected."""

    def __init__(self, left: int) -> None:
        super().__init__(f"{left} dead letters could not be inspected; try again")


@dataclass(frozen=True, slots=True)
class InspectedDeadLetter:
    """A dead letter, why it is one, how old it is (seconds), and its order, if it has one."""

    letter: DeadLetter
    reason: str
    age_seconds: float
    order_id: str | None
    order: Order | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterService:
    """Lists, shows and purges dead letters."""

    dead_letters: DeadLetters
    store: OrderStore
    clock: Clock

    async def count(self) -> int:
        """Count the dead letters."""
        return await self.dead_letters.count()

    async def listed(self, limit: int) -> Sequence[InspectedDeadLetter]:
        """List up to `limit` dead letters, the oldest of them first."""
        letters = await self.dead_letters.peek(limit)
        findings = await asyncio.gather(*(self._finding(letter) for letter in letters))
        return sorted(findings, key=lambda finding: -finding.age_seconds)

    async def find(self, letter_id: str) -> InspectedDeadLetter:
        """Find one dead letter; raises DeadLetterNotFoundError, or DeadLettersLeftError."""
        async with self.dead_letters.pages() as pages:
            async for letters in pages:
                for letter in letters:
                    if letter.id == letter_id:
                        return await self._finding(letter)
        if pages.left:
            raise DeadLettersLeftError(pages.left)
        raise DeadLetterNotFoundError

    async def purge(self) -> int:
        """Delete all dead letters for good; return how many there were, as far as SQS knows."""
        count = await self.dead_letters.count()
        await self.dead_letters.purge()
        log.warning("dead_letters.purged", count=count)
        return count

    async def discard(self, ids: Collection[str]) -> int:
        """Delete some dead letters for good; return how many of them there were."""
        async with self.dead_letters.leased(MAX_LEASED) as letters:
            found = [one for one in letters if one.id in ids]
            await asyncio.gather(*map(self.dead_letters.delete, found))
        log.warning("dead_letters.discarded", count=len(found))
        return len(found)

    async def _finding(self, letter: DeadLetter) -> InspectedDeadLetter:
        now = self.clock()
        ticket = ticket_in(letter)
        order, reason = None, reason_of(letter)
        try:
            order = await self.store.get(ticket.order_id) if ticket else None
        except StoreUnavailableError as error:
            log.warning("dead_letter.order_not_read", letter_id=letter.id, error=str(error))
            reason += "; its order cannot be read now"
        return InspectedDeadLetter(
            letter=letter,
            reason=reason,
            age_seconds=max(0.0, (now - (letter.sent_at or now)).total_seconds()),
            order_id=ticket.order_id if ticket else None,
            order=order,
        )
