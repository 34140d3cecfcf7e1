"""The e-mail channel's sender: one mail for each attempt, and proofs of newsletter issues."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol

from notifier.channels.channel import AttemptResult, PermanentFailure, TransientFailure
from notifier.channels.email.composing import Composer, UnknownEventError
from shared.clock import Clock
from shared.domain.mail_address import InvalidAddressError
from shared.domain.subscription import Channel, Filter, Subscription, SubscriptionState
from shared.messages.announcement import NEWSLETTER_PUBLISHED, CloudEvent


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


@dataclass(frozen=True, slots=True)
class MailProofs:
    """Composes the mail of an issue that is not published; its link unsubscribes nobody."""

    composer: Composer
    transport: MailTransport
    store_id: str
    clock: Clock

    def html(self, body: str) -> str:
        """Return the Markdown of an issue as the mail has it, in HTML without scripts or styles."""
        return str(self.composer.templates.filters["markdown"](body))

    async def send(self, topic: str, subject: str, body: str, address: str) -> AttemptResult:
        """Send the mail to an address, once; raises InvalidAddressError."""
        now = self.clock()
        proof = Subscription(
            id=f"proof-{secrets.token_hex(8)}",
            store_id=self.store_id,
            topic=topic,
            channel=Channel.EMAIL,
            target=address,
            filter=Filter(),
            state=SubscriptionState.ACTIVE,
            created_at=now,
            since=now,
            manage_digest="",
        )
        event = CloudEvent(
            id=proof.id,
            source=f"/stores/{self.store_id}",
            type=NEWSLETTER_PUBLISHED,
            subject=topic,
            time=now,
            data={"topic": topic, "subject": subject, "body": body},
        )
        return await self.transport.send(self.composer.announcement(proof, event))
