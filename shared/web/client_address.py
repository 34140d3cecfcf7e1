"""Whose address a request came from, behind proxies as well: bounds on one client count by it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TypeAlias

from aiohttp import hdrs, web

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

TRUSTED_PROXIES: web.AppKey[Sequence[Network]] = web.AppKey("TRUSTED_PROXIES", tuple)
"""The networks of the proxies whose X-Forwarded-For is believed."""

_LINE_BITS = 64
"""A line is given an IPv6 network of so many bits or fewer (RFC 6177), never one address."""


def client_address(request: web.Request) -> str:
    """Tell what the client that sent the request is counted as."""
    lines = request.headers.getall(hdrs.X_FORWARDED_FOR, [])
    hops = [hop.strip() for line in lines for hop in line.split(",")]
    proxies = request.app[TRUSTED_PROXIES]
    return counted_as(last_untrusted(request.remote or "unknown", hops, proxies))


def counted_as(client: str) -> str:
    """Give the address of an IPv4 client, and the network of an IPv6 one, which has many."""
    address = _address(client)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(address), _LINE_BITS), strict=False))
    return client if address is None else str(address)


def last_untrusted(peer: str, hops: Sequence[str], proxies: Sequence[Network]) -> str:
    """Follow the hops of an X-Forwarded-For back from `peer`, for as long as they are proxies.

    Each proxy adds at the end whom it was called by, so a hop is as good as the one after it: what
    stands before the first that is no proxy of ours is only what that one says, and may be made up.
    """
    client = peer
    for hop in reversed(hops):
        if not _is_trusted(client, proxies) or _address(hop) is None:
            break
        client = hop
    return client


def _is_trusted(text: str, proxies: Sequence[Network]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in proxies)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address; one of IPv4 that is written as one of IPv6 is that of IPv4."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
