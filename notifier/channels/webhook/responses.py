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
from notifier.channels.webhook.session import ForbiddenAddressError, NoNetworkError

_LONGEST_PAUSE_SECONDS = 3600.0

_OUT_OF_SOCKETS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH})
"""What a router has answered: one of ours, or one at the subscriber."""

_NO_SUCH_NAME = frozenset(
    getattr(socket, name)
    for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY")
    if hasattr(socket, name)
)
"""Errors of getaddrinfo, RFC 3493, section 6.1, that are about the name. All others are ours:
no name server answers, or none that can look names up."""

_UNTRUSTED = frozenset({2, 9, 19, 20})
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

    What is wrong with our own network, name server or limits is no attempt. What may be wrong with
    our certificates, clock or routers would go wrong with all subscribers at once, so it is not
    held against any.
    """
    cause = error.os_error if isinstance(error, ClientConnectorError) else error
    if isinstance(cause, ForbiddenAddressError):
        return TransientFailure("the address is not public")
    if ours := _local_text(error, cause):
        return LocalFailure(ours)
    if isinstance(cause, OSError) and cause.errno == errno.EMSGSIZE:
        return TransientFailure("the answer is too long")
    text = next(text for kind, text in _FAILURES if isinstance(error, kind))
    return TransientFailure(text, of_subscriber=not _may_be_ours(error, cause))


def _local_text(error: Exception, cause: Exception) -> str | None:
    """Describe what is surely wrong on our side; None if nothing is."""
    if isinstance(cause, NoThreadFreeError):
        return "too many names are being looked up"
    if isinstance(cause, NoNetworkError):
        return "the shop has no network"
    if isinstance(cause, OSError) and cause.errno in _OUT_OF_SOCKETS:
        return "there is no room for another connection"
    if isinstance(error, ClientConnectorDNSError) and error.os_error.errno not in _NO_SUCH_NAME:
        return "the shop's name server does not answer"
    return None


def _may_be_ours(error: Exception, cause: Exception) -> bool:
    if isinstance(error, ClientConnectorCertificateError):
        return getattr(error.certificate_error, "verify_code", None) in _UNTRUSTED
    return isinstance(cause, OSError) and cause.errno in _NO_ROUTE


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
