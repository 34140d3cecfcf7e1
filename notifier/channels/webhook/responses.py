"""Which failure an attempt is, by the subscriber's answer or the lack of one."""

from __future__ import annotations

import datetime as dt
import email.utils
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
    """Describe in a few words of our own, never the subscriber's, why there was no answer."""
    cause = error.os_error if isinstance(error, ClientConnectorError) else error
    if isinstance(cause, ForbiddenAddressError):
        return TransientFailure("the address is not public")
    if isinstance(cause, NoThreadFreeError):
        return LocalFailure("too many names are being looked up")
    return TransientFailure(next(text for kind, text in _FAILURES if isinstance(error, kind)))


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
