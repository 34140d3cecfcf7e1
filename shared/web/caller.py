"""Who the caller is: by the key or token in `Authorization`, and by the network address."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from aiohttp import hdrs, web

from shared.domain.tokens import matches_digest
from shared.web.problem import UNAUTHORIZED, Problem

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

STAFF_KEY_DIGEST: web.AppKey[str] = web.AppKey("STAFF_KEY_DIGEST", str)

TRUSTED_PROXIES: web.AppKey[Sequence[Network]] = web.AppKey("TRUSTED_PROXIES", tuple)
"""The networks of the proxies whose X-Forwarded-For is believed."""

CHALLENGE: Mapping[str, str] = MappingProxyType(
    {hdrs.WWW_AUTHENTICATE: 'Bearer realm="coffeeshop"'}
)
"""How to show a key (RFC 6750, section 3), with every 401."""

_SITE_BITS = 64
"""A site is given an IPv6 prefix of at most this length (RFC 6177), never a single address."""


def bearer_token(request: web.Request) -> str | None:
    """Read the token of an `Authorization: Bearer` header (RFC 6750), if there is one."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def is_staff(request: web.Request) -> bool:
    """Return whether the caller has shown the staff key."""
    token = bearer_token(request)
    return token is not None and matches_digest(token, request.app[STAFF_KEY_DIGEST])


def require_staff(request: web.Request) -> None:
    """Raise a Problem of kind UNAUTHORIZED unless the caller is staff."""
    if not is_staff(request):
        raise unauthorized("send the staff key as Authorization: Bearer")


def unauthorized(detail: str) -> Problem:
    """Make the problem for a missing or wrong key or token."""
    return Problem(UNAUTHORIZED, detail, headers=CHALLENGE)


def client_key(request: web.Request) -> str:
    """Return what limits per client count the caller as: its address or, in IPv6, its network."""
    lines = request.headers.getall(hdrs.X_FORWARDED_FOR, [])
    hops = [hop.strip() for line in lines for hop in line.split(",")]
    client = request.remote or "unknown"
    if hops:
        client = last_untrusted(client, hops, request.app[TRUSTED_PROXIES])
    address = _address(client)
    if isinstance(address, ipaddress.IPv6Address):  # its holder has the whole network
        return str(ipaddress.IPv6Network((int(address), _SITE_BITS), strict=False))
    return client if address is None else str(address)


def last_untrusted(peer: str, hops: Sequence[str], proxies: Sequence[Network]) -> str:
    """Follow the hops of an X-Forwarded-For back from `peer`, for as long as they are proxies.

    Each proxy appends the address that called it, so a hop is as trustworthy as the one after it.
    Hops before the first that is no trusted proxy may be made up.
    """
    client = peer
    for hop in reversed(hops):
        address = _address(client)
        if address is None or not any(address in network for network in proxies):
            break
        if _address(hop) is None:
            break
        client = hop
    return client


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address; an IPv4-mapped IPv6 address is read as the IPv4 one."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
