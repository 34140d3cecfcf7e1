"""The e-mail channel's sender: one mail for each attempt."""

from __future__ import annotations

from email.message import EmailMessage

from notifier.channels.channel import Accepted, Attempt, Confirmed, NotNow, Refused, Unreachable
from notifier.channels.email.composing import Composer, UnknownEventError
from notifier.channels.email.mailbox import BouncedError, DeferredError, Mailbox, MailboxError
from shared.domain.mail_address import InvalidAddressError
from shared.domain.subscription import Subscription
from shared.messages.announcement import CloudEvent


class MailSender:
    """Composes mail, and hands it over. Once the mailbox has it, it is delivered."""

    def __init__(self, mailbox: Mailbox, composer: Composer) -> None:
        self._mailbox = mailbox
        self._composer = composer

    async def deliver(self, subscription: Subscription, event: CloudEvent) -> Attempt:
        """Mail an event."""
        try:
            message = self._composer.announcement(subscription, event)
        except InvalidAddressError as error:
            return Unreachable(str(error))
        except UnknownEventError as error:
            return Refused(str(error))
        return await self._post(message)

    async def ask(self, subscription: Subscription, token: str) -> Attempt | Confirmed:
        """Mail the link that confirms a subscription: it is made of the same token."""
        del token
        try:
            message = self._composer.confirmation(subscription)
        except InvalidAddressError as error:
            return Unreachable(str(error))
        return await self._post(message)

    async def agreed(self, subscription: Subscription) -> None:
        """Do nothing: no mail says so."""

    async def _post(self, message: EmailMessage) -> Attempt:
        try:
            await self._mailbox.post(message)
        except BouncedError as error:
            return Unreachable(str(error))
        except DeferredError as error:
            return Refused(str(error))
        except MailboxError as error:
            return NotNow(str(error))
        return Accepted()
