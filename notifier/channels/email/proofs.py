"""Proofs: a newsletter issue as its mail will be, to be looked at before it is published."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from email.message import EmailMessage

from notifier.channels.channel import AttemptResult
from notifier.channels.email.composing import Composer
from notifier.channels.email.sender import MailTransport
from shared.clock import Clock
from shared.domain.subscription import Channel, Filter, Subscription, SubscriptionState
from shared.messages.announcement import NEWSLETTER_PUBLISHED, CloudEvent

_NOBODY = "you@example.org"


@dataclass(frozen=True, slots=True)
class MailProofs:
    """Composes the mail of an issue that is not published; its link unsubscribes nobody."""

    composer: Composer
    transport: MailTransport
    store_id: str
    clock: Clock

    def html(self, topic: str, subject: str, body: str) -> str:
        """Return the page that the mail shows."""
        part = self._mail(topic, subject, body, _NOBODY).get_body(("html",))
        return "" if part is None else str(part.get_content())

    async def send(self, topic: str, subject: str, body: str, address: str) -> AttemptResult:
        """Send the mail to an address, once; raises InvalidAddressError."""
        return await self.transport.send(self._mail(topic, subject, body, address))

    def _mail(self, topic: str, subject: str, body: str, address: str) -> EmailMessage:
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
        return self.composer.announcement(proof, event)
