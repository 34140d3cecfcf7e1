"""The rules for webhook URLs, and for the addresses that they resolve to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from yarl import URL

from shared.domain.ip_address import Address, is_loopback, is_public, parse

_LONGEST_URL = 2048
_LONGEST_NAME = 253
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class ForbiddenUrlError(Exception):
    """No webhook may be sent to the URL; the message says why."""


@dataclass(frozen=True, slots=True)
class WebhookUrlRules:
    """Allow public addresses, and loopback ones too with `allow_loopback`."""

    allow_loopback: bool = False

    def allows(self, address: Address) -> bool:
        """Return whether an address may be connected to."""
        return is_public(address) or (self.allow_loopback and is_loopback(address))

    def url(self, text: str) -> URL:
        """Parse the URL of a webhook; raises ForbiddenUrlError.

        A host name may still resolve to a forbidden address: `allows` is checked at connecting.
        """
        url = _parsed(text)
        host = url.raw_host or ""
        address = parse(host)
        loopback = _is_localhost(host) if address is None else is_loopback(address)
        if url.scheme != "https" and not (loopback and url.scheme == "http"):
            raise ForbiddenUrlError("the URL must begin with https://")
        if address is None and not _is_name(host):
            raise ForbiddenUrlError("the URL's host must be a name or an IP address")
        if not (self.allow_loopback if loopback else address is None or is_public(address)):
            raise ForbiddenUrlError("the URL's host must be a public one")
        return url


def _parsed(text: str) -> URL:
    if len(text) > _LONGEST_URL:
        raise ForbiddenUrlError(f"the URL must have at most {_LONGEST_URL} characters")
    if not text.isprintable() or " " in text:
        raise ForbiddenUrlError("the URL must not contain spaces or control characters")
    if "#" in text:
        raise ForbiddenUrlError("the URL must not have a fragment")
    try:
        url = URL(text)
    except ValueError:
        raise ForbiddenUrlError("this is no URL") from None
    if "@" in url.raw_authority:
        raise ForbiddenUrlError("the URL must not contain a user or a password")
    if url.explicit_port == 0:
        raise ForbiddenUrlError("the URL's port must be between 1 and 65535")
    return url


def _is_name(host: str) -> bool:
    """Return whether resolvers read a host as a name, not as a number: 127.1, 0x7f000001.

    As in the URL Standard, section 3.5, a host whose last label is a number is not a name.
    """
    labels = host.removesuffix(".").split(".")
    return (
        len(host) <= _LONGEST_NAME
        and all(_LABEL.fullmatch(label) for label in labels)
        and not _NUMBER.fullmatch(labels[-1])
    )


def _is_localhost(host: str) -> bool:
    """Recognise the names that RFC 6761, section 6.3, keeps for loopback."""
    return host.rstrip(".").rpartition(".")[2] == "localhost"
