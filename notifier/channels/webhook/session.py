"""Connections to subscribers: an address is checked when its socket is made, so none is missed.

A check of the URL, or of the addresses of its name, can be outdated when the connection is made,
and literal addresses are never resolved at all. The connector asks for a socket for one address,
and connects it to that address and no other, so that no connection bypasses the check.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import socket
import ssl
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from aiohttp import (
    AddrInfoType,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver

from notifier.channels.webhook.resolver import BoundedResolver, SystemResolver
from shared.domain.ip_address import parse
from shared.domain.webhook_url import WebhookUrlRules
from shared.tracing.process import tracing

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

TIMEOUT_SECONDS = 5.0
"""How long a webhook may take, from its name's look-up to the end of its answer."""

_MOST_RECEIVED = 128 * 1024
"""Bytes of one connection: 64 KiB of answer, and as much for headers and the handshake of TLS."""

_LOOK_UP_PART = 0.8
"""The part of an attempt's time that its look-up may take."""

_NO_NETWORK = frozenset(
    {
        *(errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL),
        *(errno.EAFNOSUPPORT, errno.EPERM, errno.EACCES),
    }
)
"""Errors of this machine, before anything is sent: it has no route or address, or a rule that
forbids it."""

_RECEIVED_AT_ONCE = 4096
"""Bytes; interim answers in them are read without a pause."""

_HEADERS = {"User-Agent": "coffeeshop", "Accept-Encoding": "identity"}


class ForbiddenAddressError(OSError):
    """The webhook's address is not allowed."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "the address is not public")


class NoNetworkError(OSError):
    """This machine cannot send to an address; one text for all, so that all addresses agree."""

    def __init__(self) -> None:
        super().__init__(errno.ENETDOWN, "the network cannot be used")


class TooLongError(OSError):
    """The webhook has sent more than any answer needs."""

    def __init__(self) -> None:
        super().__init__(errno.EMSGSIZE, "the answer is too long")


class _SubscriberSocket(socket.socket):
    """A socket that receives a bounded number of bytes, few at once; then raises TooLongError.

    It raises NoNetworkError when this machine could not even begin to connect it.

    aiohttp reads interim answers (1xx), headers and trailers for as long as they come, without a
    pause between those that came together: nothing else would run meanwhile.
    """

    _received = 0

    def connect(self, address: Any, /) -> None:
        """Connect to an address, or begin to."""
        try:
            super().connect(address)
        except OSError as error:
            if error.errno in _NO_NETWORK:
                raise NoNetworkError from error
            raise

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Receive up to `bufsize` bytes."""
        data = super().recv(min(bufsize, _RECEIVED_AT_ONCE), flags)
        self._count(len(data))
        return data

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
        """Receive up to `nbytes` bytes, or as many as the buffer has room for."""
        view = memoryview(buffer)[: min(nbytes or _RECEIVED_AT_ONCE, _RECEIVED_AT_ONCE)]
        size = super().recv_into(view, 0, flags)
        self._count(size)
        return size

    def _count(self, size: int) -> None:
        self._received += size
        if self._received > _MOST_RECEIVED:
            raise TooLongError


@contextlib.asynccontextmanager
async def webhook_session(
    rules: WebhookUrlRules,
    *,
    resolver: AbstractResolver | None = None,
    tls: ssl.SSLContext | None = None,
    seconds: float = TIMEOUT_SECONDS,
) -> AsyncIterator[ClientSession]:
    """Give a session that never connects to a forbidden address, by any name or redirect.

    It keeps no names, cookies or connections, since a name may lead elsewhere the next time. It
    decompresses nothing, and uses no proxy from the environment. It does not limit connections,
    since attempts are limited already: an attempt that waited for others at the same host would
    fail because they are slow. Requests themselves must not follow redirects.

    `resolver` is closed in the end; without one, the system looks names up. `tls` says which
    certificates to trust; without it, the system does.
    """
    names = BoundedResolver(resolver or SystemResolver(), _LOOK_UP_PART * seconds)
    connector = TCPConnector(
        resolver=names,
        use_dns_cache=False,
        socket_factory=functools.partial(_checked_socket, rules),
        ssl=True if tls is None else tls,
        force_close=True,
        limit=0,
    )
    try:
        async with ClientSession(
            connector=connector,
            headers=_HEADERS,
            cookie_jar=DummyCookieJar(),
            timeout=ClientTimeout(total=seconds),
            trust_env=False,
            auto_decompress=False,
            trace_configs=[*tracing().client_traces()],
        ) as session:
            yield session
    finally:
        await names.close()


def _checked_socket(rules: WebhookUrlRules, info: AddrInfoType) -> socket.socket:
    """Make a socket for an allowed address; raises ForbiddenAddressError for others."""
    family, kind, protocol, _, (host, *_) = info
    address = parse(str(host))
    if address is None or not rules.allows(address):
        raise ForbiddenAddressError
    try:
        return _SubscriberSocket(family, kind, protocol)
    except OSError as error:
        if error.errno in _NO_NETWORK:
            raise NoNetworkError from error
        raise
