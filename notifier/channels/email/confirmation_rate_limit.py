"""Anybody may wanted in anybody's name: so by mail, nobody is asked often."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import structlog

from notifier.channels.channel import Accepted, Attempt, Confirmed, RateLimited, Sender
from notifier.channels.email.addresses import mailbox
from notifier.store.contract import PendingConfirmations
from shared.clock import Clock
from shared.domain.subscription import Subscription
from shared.messages.announcement import CloudEvent

log = structlog.stdlib.get_logger(__name__)

MOST_QUESTIONS = 3
"""How many questions an address is asked within HOLD and has not agreed to, whatever they are."""

HOLD = dt.timedelta(days=1)


class ConfirmationRateLimit:
    """Sends as `sender` does, and asks no address more often than it can bear.

    `digest` makes of an address what is kept of it: nobody can tell the address from that.
    """

    def __init__(
        self,
        sender: Sender,
        questions: PendingConfirmations,
        digest: Callable[[str], str],
        clock: Clock,
    ) -> None:
        self._sender = sender
        self._questions = questions
        self._digest = digest
        self._clock = clock

    async def deliver(self, subscription: Subscription, event: CloudEvent) -> Attempt:
        """Make one attempt to deliver an event: that was agreed to."""
        return await self._sender.deliver(subscription, event)

    async def ask(
        self, subscription: Subscription, token: str
    ) -> Attempt | Confirmed | RateLimited:
        """Ask once, unless the address has enough to answer; only a mail that left counts."""
        has_place = await self._questions.reserve_confirmation(
            self._address(subscription),
            subscription.id,
            self._clock(),
            limit=MOST_QUESTIONS,
            lifetime=HOLD,
        )
        if not has_place:
            log.warning("subscription.not_asked", subscription=subscription.id)
            return RateLimited()
        answer = await self._sender.ask(subscription, token)
        if not isinstance(answer, Accepted):
            await self._give_back(subscription)
        return answer

    async def agreed(self, subscription: Subscription) -> None:
        """Count the question no longer: it was no nuisance."""
        await self._give_back(subscription)

    async def _give_back(self, subscription: Subscription) -> None:
        await self._questions.release_confirmation(self._address(subscription), subscription.id)

    def _address(self, subscription: Subscription) -> str:
        return self._digest(mailbox(subscription.target))
