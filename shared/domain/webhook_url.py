"""The rules for webhook URLs, and for the addresses that they resolve to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from yarl import URL

from shared.domain.domain_name import InvalidDomainError, ascii_domain, is_localhost
from shared.domain.ip_address import Address, is_loopback, is_public, parse

_LONGEST_URL = 2048
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_UNCHANGED = "%/?:@-._~!$&'()*+,;=[]|"
"""Characters that the URL Standard leaves as they are, beside letters and digits."""


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

        Its host is in ASCII, and what follows the host is requested just as it was given. The
        host may still resolve to a forbidden address: `allows` is checked at connecting.
        """
        parts, port = _split(text)
        host = parts.hostname or ""
        address = parse(host)
        if address is None:
            host = _ascii_name(host)
        loopback = is_localhost(host) if address is None else is_loopback(address)
        if parts.scheme != "https" and not (loopback and parts.scheme == "http"):
            raise ForbiddenUrlError("the URL must begin with https://")
        if not host:
            raise ForbiddenUrlError("the URL's host must be a name or an IP address")
        if not (self.allow_loopback if loopback else address is None or is_public(address)):
            raise ForbiddenUrlError("the URL's host must be a public one")
        shown = f"[{host}]" if ":" in host else host
        authority = shown if port is None else f"{shown}:{port}"
        # As a path alone: yarl would leave out the ? of an empty query.
        return URL.build(
            scheme=parts.scheme, authority=authority, path=_target(text, parts), encoded=True
        )


def webhook_host(text: str) -> str:
    """Return one spelling of a webhook's host and port, for limits on where requests lead."""
    try:
        url = WebhookUrlRules(allow_loopback=True).url(text)
    except ForbiddenUrlError:
        return text
    return f"{(url.raw_host or '').rstrip('.')}:{url.port}"


def _split(text: str) -> tuple[SplitResult, int | None]:
    """Split a URL into its parts and its port, if it has one; raises ForbiddenUrlError."""
    if len(text) > _LONGEST_URL:
        raise ForbiddenUrlError(f"the URL must have at most {_LONGEST_URL} characters")
    if not text.isprintable() or " " in text:
        raise ForbiddenUrlError("the URL must not contain spaces or control characters")
    if "#" in text:
        raise ForbiddenUrlError("the URL must not have a fragment")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ForbiddenUrlError("this is no URL") from None
    if "@" in parts.netloc:
        raise ForbiddenUrlError("the URL must not contain a user or a password")
    if port == 0:
        raise ForbiddenUrlError("the URL's port must be between 1 and 65535")
    return parts, port


def _target(text: str, parts: SplitResult) -> str:
    """Give path and query as they were given; other characters are percent-encoded."""
    query = f"?{parts.query}" if "?" in text else ""
    return quote(f"{parts.path or '/'}{query}", safe=_UNCHANGED)


def _ascii_name(host: str) -> str:
    """Write a host name in ASCII; empty if it is none.

    As in the URL Standard, section 3.5, a host whose last label is a number is not a name, since
    resolvers read it as an address: 127.1, 0x7f000001.
    """
    try:
        name = ascii_domain(host)
    except InvalidDomainError:
        return ""
    return "" if _NUMBER.fullmatch(name.removesuffix(".").rpartition(".")[2]) else name
