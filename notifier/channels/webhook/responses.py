"""Which failure an attempt is, by the subscriber's answer or the lack of one."""

from __future__ import annotations

import datetime as dt
import email.utils
import errno
import socket
from http import HTTPStatus

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientResponseError,
    ClientSSLError,
)

from notifier.channels.channel import LocalFailure, PermanentFailure, TransientFailure
from notifier.channels.webhook.resolver import NoThreadFreeError
from notifier.channels.webhook.session import ForbiddenAddressError

_LONGEST_PAUSE_SECONDS = 3600.0

_OUT_OF_SOCKETS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_NO_NETWORK = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL})

_NAME_SERVER_FAILED = frozenset(
    {socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_SYSTEM, socket.EAI_MEMORY}
)
"""Errors of getaddrinfo, RFC 3493, section 6.1, that do not say that there is no such name."""

_UNTRUSTED = frozenset({2, 9, 20})
"""OpenSSL's codes for an issuer that we do not know, and for a certificate that begins later: we
may have no issuers at all, or a clock that is slow."""

_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "no answer in time"),
    (ClientConnectorDNSError, "the name could not be resolved"),
    (ClientConnectorCertificateError, "the certificate is not valid"),
    (ClientSSLError, "TLS could not be agreed on"),
    (ClientConnectorError, "could not connect"),
    (ClientResponseError, "the answer is not HTTP"),
    (Exception, "the connection was lost"),
)
"""The text for an error: the first that fits."""


def response_failure(
    status: int, retry_after: str | None, now: dt.datetime
) -> TransientFailure | PermanentFailure:
    """Classify an answer other than 2xx, as Standard Webhooks suggests.

    `retry_after` is the header of RFC 9110, section 10.2.3; pauses of over an hour are shortened.
    """
    if status == HTTPStatus.GONE:
        return PermanentFailure("answered 410 Gone")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return TransientFailure(f"answered {status}; redirects are not followed")
    return TransientFailure(f"answered {status}", _pause(retry_after, now))


def connection_failure(error: Exception) -> TransientFailure | LocalFailure:
    """Describe in a few words of our own, never the subscriber's, why there was no answer.

    What may be wrong with our own network, name server, certificates or clock would go wrong with
    all subscribers at once, so it is not held against any.
    """
    cause = error.os_error if isinstance(error, ClientConnectorError) else error
    if isinstance(cause, ForbiddenAddressError):
        return TransientFailure("the address is not public")
    if isinstance(cause, NoThreadFreeError):
        return LocalFailure("too many names are being looked up")
    if isinstance(cause, OSError) and cause.errno == errno.EMSGSIZE:
        return TransientFailure("the answer is too long")
    if isinstance(cause, OSError) and cause.errno in _OUT_OF_SOCKETS:
        return LocalFailure("there is no room for another connection")
    text = next(text for kind, text in _FAILURES if isinstance(error, kind))
    return TransientFailure(text, of_subscriber=not _may_be_ours(error, cause))


def _may_be_ours(error: Exception, cause: Exception) -> bool:
    if isinstance(error, ClientConnectorDNSError):
        return isinstance(cause, OSError) and cause.errno in _NAME_SERVER_FAILED
    if isinstance(error, ClientConnectorCertificateError):
        return getattr(error.certificate_error, "verify_code", None) in _UNTRUSTED
    return isinstance(cause, OSError) and cause.errno in _NO_NETWORK


def _pause(retry_after: str | None, now: dt.datetime) -> float | None:
    """Read how many seconds to wait, given as a number or as a date."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        seconds = float(retry_after)
    else:
        try:
            until = email.utils.parsedate_to_datetime(retry_after)
            seconds = (until.replace(tzinfo=until.tzinfo or dt.UTC) - now).total_seconds()
        except (ValueError, OverflowError):
            return None
    return min(max(seconds, 0.0), _LONGEST_PAUSE_SECONDS)
