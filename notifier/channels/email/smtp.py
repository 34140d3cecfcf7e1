"""Sending mail to an SMTP server, and what its answers mean."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Collection
from email.message import EmailMessage

import prometheus_client
import structlog
from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
)
from prometheus_client import CollectorRegistry

from notifier.channels.channel import (
    MOST_AT_ONCE,
    Accepted,
    AttemptResult,
    LocalFailure,
    PermanentFailure,
    TransientFailure,
)
from notifier.channels.email.smtp_answers import refusal
from notifier.channels.email.smtp_url import ADDRESS_LITERAL, MAIL_SECONDS, SmtpServer, Tls
from shared.runtime.log_limit import LogLimit

_QUIT_SECONDS = 1.0
_WARNING_SECONDS = 60.0

log = structlog.stdlib.get_logger(__name__)

_TROUBLE: tuple[tuple[type[Exception], str], ...] = (
    (SMTPAuthenticationError, "the mail server does not let us in"),
    (SMTPResponseException, "the mail server refuses our mail"),
    (ssl.SSLError, "TLS could not be agreed on with the mail server"),
    (TimeoutError, "no answer of the mail server in time"),
    (OSError, "the mail server cannot be reached"),
    (Exception, "the mail server cannot do what this takes"),
)
"""The text for an error: the first that fits."""


class MailMetrics:
    """The metrics of mail, in the registry that the notifier's `/metrics` shows."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.failures = prometheus_client.Counter(
            "coffeeshop_mail_failures",
            "Mails that the mail server did not accept, by whom its answer is about.",
            ("about",),
            registry=registry,
        )


class SmtpTransport:
    """Sends mail to an SMTP server, on a connection of its own for each.

    It greets as `ehlo_name`. `seconds` bounds an attempt, its wait for one of the `most`
    connections included; deliveries never wait, since no more of them are in progress. `trust`
    says whose certificates are accepted, and is not used for a server without TLS.
    """

    def __init__(
        self,
        server: SmtpServer,
        trust: ssl.SSLContext,
        metrics: MailMetrics,
        *,
        ehlo_name: str = ADDRESS_LITERAL,
        seconds: float = MAIL_SECONDS,
        most: int = MOST_AT_ONCE,
    ) -> None:
        self._server = server
        self._trust = trust
        self._metrics = metrics
        self._ehlo_name = ehlo_name
        self._warnings = LogLimit(_WARNING_SECONDS)
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
            failure = _failure(error, offered=offered)
            self._report(failure, error)
            return failure
        else:
            # RFC 5321, section 4.1.1.10. The mail is accepted, even if this fails.
            with contextlib.suppress(SMTPException, OSError):
                await smtp.quit(timeout=_QUIT_SECONDS)
            return Accepted()
        finally:
            smtp.close()

    async def forget(
        self, box: str | None, subscription_ids: Collection[str], *, dry_run: bool
    ) -> int:
        """Do nothing: no mail is kept here."""
        del box, subscription_ids, dry_run
        return 0

    def _smtp(self) -> SMTP:
        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            local_hostname=self._ehlo_name,
            timeout=self._seconds,
            use_tls=server.tls is Tls.IMPLICIT,
            start_tls=server.tls is Tls.STARTTLS,
            tls_context=None if server.tls is Tls.NONE else self._trust,
        )

    def _report(self, failure: AttemptResult, error: Exception) -> None:
        """Count a failure, and warn the operator of those that are about us, once a minute each."""
        about_recipient = isinstance(failure, PermanentFailure) or (
            isinstance(failure, TransientFailure) and failure.of_subscriber
        )
        self._metrics.failures.labels("recipient" if about_recipient else "us").inc()
        step, code = type(error).__name__, _answer_of(error)
        if not about_recipient and self._warnings.is_due(f"{step} {code}"):
            log.warning("mail.refused", step=step, code=code, error=getattr(failure, "error", None))


def _failure(
    error: Exception, *, offered: bool
) -> TransientFailure | LocalFailure | PermanentFailure:
    """Describe an error in a few words of our own, never the server's.

    The server has seen the recipient only when it answers RCPT or the mail itself. If the
    connection is lost once the mail is offered, the mail may have been accepted.
    """
    match error:
        case SMTPRecipientsRefused(recipients=[SMTPRecipientRefused() as refused, *_]):
            return refusal(refused.code, refused.message)
        case SMTPDataError():
            return refusal(error.code, error.message)
        case SMTPNotSupported() if offered:
            return PermanentFailure("the mail server takes ASCII addresses only")
        case SMTPResponseException():
            return LocalFailure(f"{_text(error)}: {error.code}")
        case _ if offered:
            return TransientFailure(_text(error), of_subscriber=False)
        case _:
            return LocalFailure(_text(error))


def _text(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error.__cause__, ssl.SSLError) else error
    return next(text for kind, text in _TROUBLE if isinstance(cause, kind))


def _answer_of(error: Exception) -> int | None:
    """Return the code of a server's answer, if the error is one."""
    match error:
        case SMTPRecipientsRefused(recipients=[refused, *_]):
            return refused.code
        case SMTPResponseException():
            return error.code
        case _:
            return None
