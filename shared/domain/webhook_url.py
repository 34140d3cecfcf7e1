"""Where webhooks may be sent: the rules for URLs, and for the addresses that they lead to."""

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
    """No webhook may be sent to the URL; the message tells whoever gave it why."""


@dataclass(frozen=True, slots=True)
class DialingRules:
    """Public addresses are allowed, and with `allow_loopback` this machine's own as well."""

    allow_loopback: bool = False

    def allows(self, address: Address) -> bool:
        """Tell whether an address may be connected to."""
        return is_public(address) or (self.allow_loopback and is_loopback(address))

    def url(self, text: str) -> URL:
        """Read the URL of a webhook, as it will be dialled; raises ForbiddenUrlError.

        A name may still lead to a forbidden address, which is known when it is dialled, not before.
        """
        url = _parsed(text)
        host = url.raw_host or ""
        address = parse(host)
        own = _is_localhost(host) if address is None else is_loopback(address)
        if url.scheme != "https" and not (own and url.scheme == "http"):
            raise ForbiddenUrlError("the URL must begin with https://")
        if address is None and not _is_name(host):
            raise ForbiddenUrlError("the URL's host must be a name or an IP address")
        if not (self.allow_loopback if own else address is None or is_public(address)):
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
    """Tell a name from what resolvers read as a number, such as 127.1 or 0x7f000001.

    So does the URL Standard, section 3.5: a host whose last label is a number is no name.
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
