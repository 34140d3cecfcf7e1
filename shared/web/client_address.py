"""Whom a client is counted as: the address that proxies tell of, and the networks it is in."""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = IPv4Address | IPv6Address

_HOP = re.compile(r'"?(?:\[([^\]]+)\](?::\w*)?|([^\[\]:"]+)(?::\w*)?|([^\[\]"]+))"?')
"""`[v6]` and `[v6]:port`, `v4` and `v4:port`, or `v6`; quoted or not."""

_SITE_BITS = (64, 56, 48)
"""What a customer may have been given of IPv6: one network, a home's, a site's (RFC 6177)."""

WIDER = 4
"""How many times the limit of a network the next wider one has: neighbours may share it."""

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))  # RFC 6052, RFC 8215


def read_hop(text: str) -> Address | None:
    """Read an element of X-Forwarded-For, in every form that proxies send; a port is dropped."""
    match = _HOP.fullmatch(text.strip())
    return None if match is None else read_address(match[1] or match[2] or match[3])


def read_address(text: str) -> Address | None:
    """Read an address without its zone; an IPv4-mapped IPv6 address is read as the IPv4 one."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0].strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_in(address: Address | None, networks: Sequence[Network]) -> bool:
    """Return whether an address is in one of the networks."""
    return address is not None and any(address in network for network in networks)


@functools.lru_cache(10_000)
def networks_of(client: str) -> Sequence[str]:
    """List what a client counts as, the narrowest first: its address or, in IPv6, its networks.

    Each next one may do `WIDER` times as much: whoever has it can use all that is in it, and
    others may share it. Text that is no address counts as itself.
    """
    address = read_address(client)
    if isinstance(address, IPv6Address):
        address = _embedded(address) or address
    if isinstance(address, IPv6Address):
        return [str(IPv6Network((int(address), bits), strict=False)) for bits in _SITE_BITS]
    return [client if address is None else str(address)]


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """Find the IPv4 address in 6to4, Teredo and NAT64.

    Who has an IPv4 address has a /48 of 6to4, and a translator shows many hosts in one /96.
    """
    if any(address in network for network in _NAT64):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.teredo[1] if address.teredo else address.sixtofour


def last_untrusted(peer: str, hops: Sequence[str], proxies: Sequence[Network]) -> str | None:
    """Follow the hops of an X-Forwarded-For back from `peer`, for as long as they are proxies.

    Each proxy appends the address that called it, so a hop is as trustworthy as the one after it.
    Hops before the first that is no trusted proxy may be made up. Returns None when a proxy of
    ours has named its caller in a way that we cannot read.
    """
    client = peer
    for hop in reversed([hop for hop in hops if hop.strip()]):
        if not is_in(read_address(client), proxies):
            break
        address = read_hop(hop)
        if address is None:
            return None
        client = str(address)
    return client
