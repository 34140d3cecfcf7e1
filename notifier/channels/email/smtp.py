"""Sending mail to an SMTP server, and what its answers mean."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from email.message import EmailMessage

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

from notifier.channels.channel import (
    MOST_AT_ONCE,
    Accepted,
    AttemptResult,
    LocalFailure,
    PermanentFailure,
    TransientFailure,
)
from notifier.channels.email.smtp_url import MAIL_SECONDS, SmtpServer, Tls

_QUIT_SECONDS = 1.0
_PERMANENT = 500
_AUTHENTICATION_REQUIRED = 530
_OF_RECIPIENT = ("5.1.", "5.2.")
"""Enhanced codes of RFC 3463 that are about an address or its mailbox.

Any other answer to DATA is about the mail. If it counted as a bounce, one mail that is taken for
spam would cost us every subscriber at that server.
"""

_TROUBLE: tuple[tuple[type[Exception], str], ...] = (
    (SMTPAuthenticationError, "the mail server does not let us in"),
    (SMTPResponseException, "the mail server refuses our mail"),
    (ssl.SSLError, "TLS could not be agreed on with the mail server"),
    (TimeoutError, "no answer of the mail server in time"),
    (OSError, "the mail server cannot be reached"),
    (Exception, "the mail server cannot do what this takes"),
)
"""The text for an error: the first that fits."""


class SmtpTransport:
    """Sends mail to an SMTP server, on a connection of its own for each.

    `seconds` bounds an attempt, its wait for one of the `most` connections included; deliveries
    never wait, since no more of them are in progress. `trust` says whose certificates are
    accepted, and is not used for a server without TLS.
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

    async def send(self, message: EmailMessage) -> AttemptResult:
        """Make one attempt to send a mail to its only recipient."""
        smtp, offered = self._smtp(), False
        try:
            async with asyncio.timeout(self._seconds), self._connections:
                await smtp.connect()
                offered = True
                await smtp.send_message(message)
        except (SMTPException, OSError) as error:
            return _failure(error, offered=offered)
        else:
            # RFC 5321, section 4.1.1.10. The mail is accepted, even if this fails.
            with contextlib.suppress(SMTPException, OSError):
                await smtp.quit(timeout=_QUIT_SECONDS)
            return Accepted()
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


def _failure(
    error: Exception, *, offered: bool
) -> TransientFailure | LocalFailure | PermanentFailure:
    """Describe an error in a few words of our own, never the server's.

    An error after the mail was offered may be about the mail, which may even have been accepted.
    """
    match error:
        case SMTPRecipientsRefused(recipients=[SMTPRecipientRefused() as refused, *_]):
            return _refusal(refused)
        case SMTPDataError() if error.message.lstrip().startswith(_OF_RECIPIENT):
            return _refusal(error)
        case SMTPDataError():
            return TransientFailure(f"the mail server answered {error.code}")
        case _:
            cause = error.__cause__ if isinstance(error.__cause__, ssl.SSLError) else error
            text = next(text for kind, text in _TROUBLE if isinstance(cause, kind))
            is_local = not offered or isinstance(error, SMTPSenderRefused)
            return LocalFailure(text) if is_local else TransientFailure(text)


def _refusal(
    refused: SMTPResponseException,
) -> TransientFailure | LocalFailure | PermanentFailure:
    """Classify an answer to RCPT or DATA, where 5xx is permanent (RFC 5321, section 4.2.1).

    Answers about us rather than the recipient are not: 530, and the enhanced codes 5.7.x of RFC
    3463, by which we may not relay, or must authenticate.
    """
    answer = f"the mail server answered {refused.code}"
    if refused.code == _AUTHENTICATION_REQUIRED:
        return LocalFailure(answer)
    if refused.code >= _PERMANENT and not refused.message.lstrip().startswith("5.7."):
        return PermanentFailure(f"the mail was refused with {refused.code}")
    return TransientFailure(answer)
