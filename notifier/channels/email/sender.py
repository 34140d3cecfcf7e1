"""The e-mail channel's sender: one mail for each attempt."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol

from notifier.channels.channel import AttemptResult, PermanentFailure, TransientFailure
from notifier.channels.email.composing import Composer, UnknownEventError
from shared.domain.mail_address import InvalidAddressError
from shared.domain.subscription import Subscription
from shared.messages.announcement import CloudEvent


class MailTransport(Protocol):
    """Where mail is sent to. One attempt each, bounded in time."""

    async def send(self, message: EmailMessage) -> AttemptResult:
        """Send a mail to its only recipient."""

    async def forget(
        self, box: str | None, subscription_ids: Collection[str], *, dry_run: bool
    ) -> int:
        """Delete what is kept of mail to a mailbox, or to some subscriptions; return how many."""


@dataclass(frozen=True, slots=True)
class MailSender:
    """Composes mail, and sends it. Once the transport has accepted it, it is delivered."""

    transport: MailTransport
    composer: Composer

    async def deliver(self, subscription: Subscription, event: CloudEvent) -> AttemptResult:
        """Mail an event."""
        try:
            message = self.composer.announcement(subscription, event)
        except InvalidAddressError as error:
            return PermanentFailure(str(error))
        except UnknownEventError as error:
            return TransientFailure(str(error))
        return await self.transport.send(message)

    async def request_confirmation(self, subscription: Subscription, token: str) -> AttemptResult:
        """Mail the link that confirms a subscription; the composer signs it with the same token."""
        del token
        try:
            message = self.composer.confirmation(subscription)
        except InvalidAddressError as error:
            return PermanentFailure(str(error))
        return await self.transport.send(message)
