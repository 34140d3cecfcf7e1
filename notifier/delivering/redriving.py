"""Redrives deliveries that were given up on, once their subscribers are there again.

Log entry due again, errand queued, dead letter deleted, in this order: cut off anywhere, the dead
letter is still there, and can be redriven again; a second errand is harmless.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import structlog
from pydantic import ValidationError

from shared.aws.dead_letters import DeadLetter, DeadLetters
from shared.aws.errands import Errands
from shared.domain.delivery_log import LoggedDelivery, LoggedState
from shared.domain.subscription import SubscriptionState, advance
from shared.messages.errand import ERRAND, Deliver
from shared.runtime.clock import Clock
from shared.store.subscription_contract import (
    DeliveryLog,
    SubscriptionChangedError,
    SubscriptionStore,
)

log = structlog.stdlib.get_logger(__name__)

MOST_HELD = 1000
"""How many dead letters are looked at in one go."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A dead letter, and the delivery that it is about, if the log has it."""

    letter: DeadLetter
    delivery: LoggedDelivery | None


@dataclass(frozen=True, slots=True)
class Redriven:
    """How many dead letters were redriven, how many could not be, how many were not looked at."""

    redriven: int
    refused: int
    left: int


class _Store(SubscriptionStore, DeliveryLog, Protocol):
    """What is read and written here."""


class Redriving:
    """Gives deliveries that were given up on another chance."""

    def __init__(
        self, dead_letters: DeadLetters, store: _Store, errands: Errands, clock: Clock
    ) -> None:
        self._dead_letters = dead_letters
        self._store = store
        self._errands = errands
        self._clock = clock

    async def listed(self, limit: int) -> tuple[Sequence[Finding], int]:
        """List up to `limit` dead letters, and say how many there are."""
        total = await self._dead_letters.count()
        letters = await self._dead_letters.look(limit)
        return [Finding(letter, await self._delivery(letter)) for letter in letters], total

    async def redrive(self, subscription_id: str | None = None) -> Redriven:
        """Redrive the dead letters of one subscription, or all; those paused become active."""
        total = await self._dead_letters.count()
        redriven = refused = 0
        async with self._dead_letters.held(MOST_HELD) as letters:
            for letter in letters:
                errand = _errand(letter)
                if subscription_id is not None and (
                    errand is None or errand.subscription_id != subscription_id
                ):
                    continue
                if errand is not None and await self._redrive(letter, errand):
                    redriven += 1
                else:
                    refused += 1
        log.info("deliveries.redriven", redriven=redriven, refused=refused)
        return Redriven(redriven, refused, max(0, total - len(letters)))

    async def _redrive(self, letter: DeadLetter, errand: Deliver) -> bool:
        delivery = await self._store.logged(errand.subscription_id, errand.delivery_id)
        if delivery is None or not await self._is_active(errand.subscription_id):
            return False
        if delivery.state is not LoggedState.DELIVERED:
            again = replace(delivery, state=LoggedState.DUE, attempts=0, tried_at=None, error=None)
            await self._store.log_attempt(again)
            await self._errands.send(errand)
        await self._dead_letters.delete(letter)
        return True

    async def _is_active(self, subscription_id: str) -> bool:
        """Make sure that a subscription is active, unless it has ended."""
        subscription = await self._store.subscription(subscription_id)
        if subscription is None or subscription.state is SubscriptionState.ENDED:
            return False
        if subscription.state is SubscriptionState.PAUSED:
            active = advance(subscription, SubscriptionState.ACTIVE, self._clock())
            try:
                await self._store.replace_subscription(subscription, active)
            except SubscriptionChangedError:
                return False
        return True

    async def _delivery(self, letter: DeadLetter) -> LoggedDelivery | None:
        errand = _errand(letter)
        if errand is None:
            return None
        return await self._store.logged(errand.subscription_id, errand.delivery_id)


def _errand(letter: DeadLetter) -> Deliver | None:
    try:
        errand = ERRAND.validate_json(letter.body)
    except ValidationError:
        return None
    return errand if isinstance(errand, Deliver) else None
