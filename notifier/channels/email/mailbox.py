"""The mailbox that mail leaves by: what it promises, and the one that is an SMTP server."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from email.message import EmailMessage
from typing import Protocol

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from notifier.channels.channel import MOST_AT_ONCE
from notifier.channels.email.smtp_url import MAIL_SECONDS, SmtpServer, Tls

_QUIT_SECONDS = 1.0
_PERMANENT = 500
_AUTHENTICATION_REQUIRED = 530
_OF_RECIPIENT = ("5.1.", "5.2.")
"""Enhanced codes of RFC 3463 that are about an address or its mailbox.

Without one of these, an answer to DATA is about the mail: taken for bounces, a mail that looks like
spam to a server would part us from every subscriber there.
"""

_TROUBLE: tuple[tuple[type[Exception], str], ...] = (
    (SMTPAuthenticationError, "the mail server does not let us in"),
    (SMTPResponseException, "the mail server refuses our mail"),
    (ssl.SSLError, "TLS could not be agreed on with the mail server"),
    (TimeoutError, "no answer of the mail server in time"),
    (OSError, "the mail server cannot be reached"),
    (Exception, "the mail server cannot do what this takes"),
)
"""What to say of an error, the first that fits."""


class BouncedError(Exception):
    """The recipient is refused for good."""


class DeferredError(Exception):
    """The mail was offered, and not taken this time."""


class MailboxError(Exception):
    """No mail can be handed over now, whoever it is for."""


_Verdict = BouncedError | DeferredError | MailboxError


class Mailbox(Protocol):
    """Where mail is handed over. One attempt each, bounded in time."""

    async def post(self, message: EmailMessage) -> None:
        """Hand a mail over to its only recipient's address.

        Raises BouncedError, DeferredError, MailboxError.
        """


class SmtpMailbox:
    """Hands mail over to an SMTP server, on a connection of its own for each.

    `seconds` is for all of an attempt, with its wait for one of the `most` connections, for which
    deliveries have no need to wait: their lane is no wider. `trust` says whose certificates are
    believed, which is never asked of a server without TLS.
    """

    def __init__(
        self,
        server: SmtpServer,
        trust: ssl.SSLContext,
        *,
        seconds: float = MAIL_SECONDS,
        most: int = MOST_AT_ONCE,
    ) -> None:
        self._server = server
        self._trust = trust
        self._seconds = seconds
        self._connections = asyncio.Semaphore(most)

    async def post(self, message: EmailMessage) -> None:
        """Make one attempt; raises BouncedError, DeferredError, MailboxError."""
        smtp, offered = self._smtp(), False
        try:
            async with asyncio.timeout(self._seconds), self._connections:
                await smtp.connect()
                offered = True
                await smtp.send_message(message)
        except (SMTPException, OSError) as error:
            raise _verdict(error, offered=offered) from None
        else:
            await _take_leave(smtp)
        finally:
            smtp.close()

    def _smtp(self) -> SMTP:
        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            local_hostname=socket.gethostname(),
            timeout=self._seconds,
            use_tls=server.tls is Tls.IMPLICIT,
            start_tls=server.tls is Tls.STARTTLS,
            tls_context=None if server.tls is Tls.NONE else self._trust,
        )


async def _take_leave(smtp: SMTP) -> None:
    """Say goodbye (RFC 5321, section 4.1.1.10). The mail is accepted, whatever comes of this."""
    with contextlib.suppress(SMTPException, OSError):
        await smtp.quit(timeout=_QUIT_SECONDS)


def _verdict(error: Exception, *, offered: bool) -> _Verdict:
    """Say in a few words, of which none is the server's, what an error means.

    What fails after the mail was offered may have to do with it, and may even have been taken.
    """
    match error:
        case SMTPRecipientsRefused(recipients=[SMTPRecipientRefused() as refused, *_]):
            return _answered(refused)
        case SMTPDataError() if error.message.lstrip().startswith(_OF_RECIPIENT):
            return _answered(error)
        case SMTPDataError():
            return DeferredError(f"the mail server answered {error.code}")
        case _:
            cause = error.__cause__ if isinstance(error.__cause__, ssl.SSLError) else error
            said = next(said for kind, said in _TROUBLE if isinstance(cause, kind))
            is_ours = not offered or isinstance(error, SMTPSenderRefused)
            return MailboxError(said) if is_ours else DeferredError(said)


def _answered(refused: SMTPResponseException) -> _Verdict:
    """Judge an answer to RCPT or DATA, where 5xx is for good (RFC 5321, section 4.2.1).

    But what has to do with us rather than the recipient is ours to mend: 530, and the enhanced
    codes 5.7.x of RFC 3463, which say that we may not relay, or must prove who we are.
    """
    answered = f"the mail server answered {refused.code}"
    if refused.code == _AUTHENTICATION_REQUIRED:
        return MailboxError(answered)
    if refused.code >= _PERMANENT and not _is_policy(refused.message):
        return BouncedError(f"the mail was refused with {refused.code}")
    return DeferredError(answered)


def _is_policy(answer: str) -> bool:
    return answer.lstrip().startswith("5.7.")
