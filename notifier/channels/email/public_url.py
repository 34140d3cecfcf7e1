"""Where links in mail lead: to the shop as its guests reach it."""

from __future__ import annotations

from urllib.parse import urlsplit

from shared.domain.domain_name import is_localhost
from shared.domain.ip_address import is_loopback, parse


def check_base(url: str) -> str:
    """Return a URL to which paths can be appended, as it is.

    Raises ValueError when it has a user, a query or a fragment.
    """
    parts = urlsplit(url)
    if "@" in parts.netloc or "?" in url or "#" in url:
        raise ValueError("should end after host, port and path, as in https://coffee.example")
    return url


def leads_here(url: str) -> bool:
    """Return whether a URL leads each reader to his own machine."""
    return is_here(urlsplit(url).hostname or "")


def is_here(host: str) -> bool:
    """Return whether a host, by name or address, is the machine that asks for it."""
    address = parse(host)
    if address is None:
        return is_localhost(host)
    return is_loopback(address) or address.is_unspecified
