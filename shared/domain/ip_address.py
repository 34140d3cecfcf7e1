"""Which IP addresses a webhook may lead to.

`ipaddress.is_global` is not used: it differs between versions of Python, and calls addresses
global that lead to private ones, such as those that embed an IPv4 address.
"""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

_NOT_PUBLIC = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network, RFC 791; Linux takes 0.0.0.0 for loopback
        "10.0.0.0/8",  # private, RFC 1918
        "100.64.0.0/10",  # behind a carrier's NAT, RFC 6598
        "127.0.0.0/8",  # loopback, RFC 1122
        "168.63.129.16/32",  # Azure's metadata
        "169.254.0.0/16",  # link-local, RFC 3927, and most clouds' metadata
        "172.16.0.0/12",  # private, RFC 1918
        "192.0.0.0/24",  # protocol assignments, RFC 6890, and Oracle's metadata
        "192.0.2.0/24",  # documentation, RFC 5737
        "192.31.196.0/24",  # AS112, RFC 7535
        "192.52.193.0/24",  # AMT relays, RFC 7450
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "192.168.0.0/16",  # private, RFC 1918
        "192.175.48.0/24",  # AS112, RFC 7534
        "198.18.0.0/15",  # benchmarks, RFC 2544
        "198.51.100.0/24",  # documentation, RFC 5737
        "203.0.113.0/24",  # documentation, RFC 5737
        "224.0.0.0/4",  # multicast, RFC 5771
        "240.0.0.0/4",  # reserved, RFC 1112, and broadcast
    )
)

_UNICAST = IPv6Network("2000::/3")
"""Global unicast, RFC 4291.

Outside are loopback, link-local, site-local, unique local and multicast addresses, and three forms
of embedded IPv4: mapped, compatible, and NAT64 (64:ff9b::/96 and 64:ff9b:1::/48).
"""

_NOT_PUBLIC_UNICAST = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, RFC 2928: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation, RFC 3849
        "2002::/16",  # 6to4, which embeds IPv4, RFC 3056
        "2620:4f:8000::/48",  # AS112, RFC 7534
        "3fff::/20",  # documentation, RFC 9637
    )
)

_ISATAP = 0x0000_5EFE
"""How interface identifiers begin that embed IPv4, RFC 5214, section 6.1, ..."""

_ISATAP_MASK = 0xFDFF_FFFF
"""... whether or not they are globally unique."""

_LOOPBACK_4 = IPv4Network("127.0.0.0/8")
_LOOPBACK_6 = IPv6Address("::1")


def parse(text: str) -> Address | None:
    """Parse an address; returns None for other text, and for an address with a zone."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return None if "%" in text else address


def is_loopback(address: Address) -> bool:
    """Return whether an address is loopback; one embedded in an IPv6 address is not."""
    if isinstance(address, IPv4Address):
        return address in _LOOPBACK_4
    return address == _LOOPBACK_6


def is_public(address: Address) -> bool:
    """Return whether an address is public on the Internet.

    An IPv6 address that embeds an IPv4 one is not: a public IPv4 address can be given as such.
    NAT64 prefixes that networks choose for themselves cannot be distinguished from others.
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC)
    return (
        address in _UNICAST
        and not any(address in network for network in _NOT_PUBLIC_UNICAST)
        and (int(address) >> 32) & _ISATAP_MASK != _ISATAP
    )
