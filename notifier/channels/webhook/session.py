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

from aiohttp import (
    AddrInfoType,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver

from notifier.channels.webhook.resolver import FewAddresses, SystemResolver
from shared.domain.ip_address import parse
from shared.domain.webhook_url import WebhookUrlRules

TIMEOUT_SECONDS = 5.0
"""How long a webhook may take, from its name's look-up to the end of its answer."""

_HEADERS = {"User-Agent": "coffeeshop", "Accept-Encoding": "identity"}


class ForbiddenAddressError(OSError):
    """The webhook's address is not allowed."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "the address is not public")


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
    names = FewAddresses(resolver or SystemResolver())
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
        ) as session:
            yield session
    finally:
        await names.close()


def _checked_socket(rules: WebhookUrlRules, info: AddrInfoType) -> socket.socket:
    """Make a socket for an address that is allowed; raises ForbiddenAddressError for others."""
    family, kind, protocol, _, (host, *_) = info
    address = parse(str(host))
    if address is None or not rules.allows(address):
        raise ForbiddenAddressError
    return socket.socket(family, kind, protocol)
