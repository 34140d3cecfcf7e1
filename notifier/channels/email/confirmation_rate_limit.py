"""Limit confirmation mails per address: anyone can enter someone else's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from notifier.channels.channel import Accepted, AttemptResult, Confirmed, RateLimited, Sender
from notifier.channels.email.addresses import mailbox
from notifier.store.contract import PendingConfirmations
from shared.clock import Clock
from shared.domain.subscription import Subscription
from shared.messages.announcement import CloudEvent

log = structlog.stdlib.get_logger(__name__)

MOST_PENDING = 3
"""How many confirmations of an address may be pending, of those requested within PENDING_FOR."""

PENDING_FOR = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationRateLimit:
    """Sends by `sender`, but no more confirmation requests to one address than the limit.

    `digest` makes what is stored of an address, from which nobody can read the address.
    """

    sender: Sender
    pending: PendingConfirmations
    digest: Callable[[str], str]
    clock: Clock

    async def deliver(self, subscription: Subscription, event: CloudEvent) -> AttemptResult:
        """Make one attempt to deliver an event, without a limit: the address has confirmed."""
        return await self.sender.deliver(subscription, event)

    async def request_confirmation(
        self, subscription: Subscription, token: str
    ) -> AttemptResult | Confirmed | RateLimited:
        """Ask once, within the limit; only a mail that was accepted counts."""
        is_within_limit = await self.pending.reserve_confirmation(
            self._address(subscription),
            subscription.id,
            self.clock(),
            limit=MOST_PENDING,
            lifetime=PENDING_FOR,
        )
        if not is_within_limit:
            log.warning("confirmation.rate_limited", subscription=subscription.id)
            return RateLimited()
        answer = await self.sender.request_confirmation(subscription, token)
        if not isinstance(answer, Accepted):
            await self.confirmed(subscription)
        return answer

    async def confirmed(self, subscription: Subscription) -> None:
        """Count the confirmation as pending no longer."""
        await self.pending.release_confirmation(self._address(subscription), subscription.id)

    def _address(self, subscription: Subscription) -> str:
        return self.digest(mailbox(subscription.target))
