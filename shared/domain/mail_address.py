"""Rules for e-mail addresses."""

from __future__ import annotations

import re

from shared.domain.domain_name import InvalidDomainError, ascii_domain

_LONGEST = 254
"""Of a path, RFC 5321, section 4.5.3.1.3, without its angle brackets."""

_LONGEST_LOCAL = 64
"""In octets, section 4.5.3.1.1."""

_ENCODED_WORD = "=?"
_LOCAL = re.compile(r"[^\s\x00-\x1f\x7f\"(),:;<>@\[\]\\]+")
_DOMAIN = re.compile(r"([a-z0-9-]+\.)+(?![0-9]+$)[a-z0-9-]+")
"""A public domain: RFC 5321, section 2.3.5, has neither underscores nor a final dot."""


class InvalidAddressError(Exception):
    """No mail can be sent to the address; the message is for the person who entered it."""


def check_address(text: str) -> tuple[str, str]:
    """Give the part before the @, and the domain in ASCII, of one mailbox at a public domain.

    Raises InvalidAddressError. Quoted local parts and address literals (RFC 5321, section 4.1.2)
    are refused: nobody has one. So are encoded words (RFC 2047): decoded in a header, they could
    contain line breaks.
    """
    local, at, domain = text.rpartition("@")
    if not at or len(text) > _LONGEST or len(local.encode(errors="replace")) > _LONGEST_LOCAL:
        raise InvalidAddressError("this is not an e-mail address")
    if not _is_local(local):
        raise InvalidAddressError("the part before the @ is not valid")
    try:
        domain = ascii_domain(domain)
    except InvalidDomainError:
        domain = ""
    if len(local) + 1 + len(domain) > _LONGEST or not _DOMAIN.fullmatch(domain):
        raise InvalidAddressError("the domain after the @ is not valid")
    return local, domain


def _is_local(local: str) -> bool:
    return (
        local.isprintable()
        and _LOCAL.fullmatch(local) is not None
        and all(local.split("."))
        and _ENCODED_WORD not in local
    )
