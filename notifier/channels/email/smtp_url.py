"""The mail server as a URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType
from urllib.parse import SplitResult, unquote, urlsplit

from shared.domain.domain_name import InvalidDomainError, ascii_domain
from shared.domain.ip_address import parse

MAIL_SECONDS = 10.0
"""How long one attempt to send a mail may take."""


ADDRESS_LITERAL = "[127.0.0.1]"
"""What a host without a public name greets as: RFC 5321, sections 4.1.1.1 and 4.1.3."""


class Tls(Enum):
    """How a connection to a mail server is encrypted (RFC 8314)."""

    NONE = auto()
    STARTTLS = auto()
    IMPLICIT = auto()


_SCHEMES: Mapping[str, tuple[Tls, int]] = MappingProxyType(
    {
        "smtp": (Tls.NONE, 25),
        "smtp+starttls": (Tls.STARTTLS, 587),
        "smtps": (Tls.IMPLICIT, 465),
    }
)
"""The encryption and the usual port of each scheme."""

_EXPECTED = "should be a URL, as in smtp+starttls://user:password@mail.example:587"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server, and our credentials, if it needs any."""

    host: str
    port: int
    tls: Tls
    username: str | None = None
    password: str | None = field(default=None, repr=False)


def smtp_server(url: str) -> SmtpServer:
    """Read `smtp://`, `smtp+starttls://` or `smtps://`; raises ValueError without the URL in it.

    User name and password are percent-encoded; both are there, or neither.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(_EXPECTED) from None
    if parts.scheme not in _SCHEMES or not parts.hostname or port == 0 or _has_more(parts):
        raise ValueError(_EXPECTED)
    if bool(parts.username) != bool(parts.password):
        raise ValueError("should have both a user name and a password, or none")
    tls, usual_port = _SCHEMES[parts.scheme]
    return SmtpServer(
        _ascii_host(parts.hostname),
        port or usual_port,
        tls,
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
    )


def ehlo_name(text: str) -> str:
    """Read the name that we greet a mail server with; raises ValueError.

    It is a domain name, or an address literal such as `[192.0.2.1]` (RFC 5321, section 4.1.3).
    """
    if text.startswith("[") and text.endswith("]"):
        address = parse(text[1:-1].removeprefix("IPv6:"))
        if address is not None and (":" in text) == text.startswith("[IPv6:"):
            return text
    try:
        name = ascii_domain(text)
    except InvalidDomainError:
        name = ""
    if "." not in name or parse(name):
        raise ValueError("should be a domain name, or an address as in [192.0.2.1]")
    return name


def _ascii_host(host: str) -> str:
    try:
        return host if parse(host) else ascii_domain(host)
    except InvalidDomainError:
        raise ValueError(_EXPECTED) from None


def _has_more(parts: SplitResult) -> bool:
    return parts.path not in {"", "/"} or bool(parts.query or parts.fragment)
