"""Proofs: a newsletter issue as its mail will be, to be looked at before it is published."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from notifier.channels.channel import AttemptResult
from notifier.channels.email.composing import Composer
from notifier.channels.email.sender import MailTransport
from shared.clock import Clock
from shared.domain.subscription import Channel, Filter, Subscription, SubscriptionState
from shared.messages.announcement import NEWSLETTER_PUBLISHED, CloudEvent


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
