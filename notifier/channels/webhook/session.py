"""Dialling subscribers: the address is checked when its socket is made, so none is missed.

A check of the URL, or of what its name resolves to, can be outdated when the connection is made,
and literal addresses are never resolved at all. The connector asks for a socket for one address,
and connects it to that address and no other: there is no way around that question.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
from collections.abc import AsyncIterator

from aiohttp import (
    AddrInfoType,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    SocketFactoryType,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver

from notifier.channels.webhook.resolver import FewAddresses, SystemResolver
from shared.domain.ip_address import parse
from shared.domain.webhook_url import WebhookUrlRules

TIMEOUT_SECONDS = 5.0
"""How long a webhook may take, from its name's look-up to the last of its answer."""

_HEADERS = {"User-Agent": "coffeeshop", "Accept-Encoding": "identity"}


class ForbiddenAddressError(OSError):
    """The webhook leads to an address that may not be connected to."""

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
    """Give a session that connects to no address that is forbidden, whatever led there.

    It keeps no names, no cookies and no connections: what a name meant once is no reason to send
    anything there again. It decompresses nothing, and takes no proxy from the environment. It has
    as many connections as there are attempts, which their turns bound: an attempt that waited for
    those of others at the same host would be refused for their slowness.
    Following no redirects is left to the requests. `resolver` is closed in the end; without one,
    the system looks names up. `tls` says whom to trust; without it, the system does.
    """
    names = FewAddresses(resolver or SystemResolver())
    connector = TCPConnector(
        resolver=names,
        use_dns_cache=False,
        socket_factory=checked_sockets(rules),
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


def checked_sockets(rules: WebhookUrlRules) -> SocketFactoryType:
    """Make sockets for addresses that are allowed; for others, raise ForbiddenAddressError."""

    def checked_socket(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, (host, *_) = info
        address = parse(str(host))
        if address is None or not rules.allows(address):
            raise ForbiddenAddressError
        return socket.socket(family, kind, protocol)

    return checked_socket
