"""Anybody may wish in anybody's name: so by mail, nobody is asked often."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import structlog

from notifier.delivering.sender import Accepted, Attempt, Confirmed, Sender
from notifier.mail.addresses import mailbox
from shared.domain.subscription import Subscription
from shared.messages.announcement import CloudEvent
from shared.runtime.clock import Clock
from shared.store.subscription_contract import Questions

log = structlog.stdlib.get_logger(__name__)

MOST_QUESTIONS = 3
"""How often an address is asked within HOLD, whatever it was wished for."""

HOLD = dt.timedelta(days=1)


class SparingSender:
    """Sends as `sender` does, and asks no address more often than it can bear.

    `digest` makes of an address what is kept of it: nobody can tell the address from that.
    """

    def __init__(
        self, sender: Sender, questions: Questions, digest: Callable[[str], str], clock: Clock
    ) -> None:
        self._sender = sender
        self._questions = questions
        self._digest = digest
        self._clock = clock

    async def deliver(self, subscription: Subscription, event: CloudEvent) -> Attempt:
        """Make one attempt to deliver an event: that was agreed to."""
        return await self._sender.deliver(subscription, event)

    async def ask(self, subscription: Subscription, token: str) -> Attempt | Confirmed:
        """Ask once, unless the address was asked often enough; only a mail that left counts.

        Whoever wished is told nothing else then: it may be somebody else's address.
        """
        address = self._digest(mailbox(subscription.target))
        place = await self._questions.take_question(
            address, self._clock(), places=MOST_QUESTIONS, hold=HOLD
        )
        if place is None:
            log.warning("subscription.not_asked", subscription=subscription.id)
            return Accepted()
        answer = await self._sender.ask(subscription, token)
        if not isinstance(answer, Accepted):
            await self._questions.give_question_back(address, place)
        return answer
