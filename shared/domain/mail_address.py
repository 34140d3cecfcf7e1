"""Rules for e-mail addresses."""

from __future__ import annotations

import re

_LONGEST = 254
"""Of a path, RFC 5321, section 4.5.3.1.3, without its angle brackets."""

_LONGEST_LOCAL = 64
_ENCODED_WORD = "=?"
_LOCAL = re.compile(r"[^\s\x00-\x1f\x7f\"(),:;<>@\[\]\\]+")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.IGNORECASE)


class InvalidAddressError(Exception):
    """No mail can be sent to the address; the message is for the person who entered it."""


def check_address(text: str) -> None:
    """Raise InvalidAddressError unless the text is one mailbox at a public domain.

    Quoted local parts and address literals (RFC 5321, section 4.1.2) are refused: nobody has one.
    So are encoded words (RFC 2047): decoded in a header, they could contain line breaks.
    """
    local, at, domain = text.rpartition("@")
    if not at or len(text) > _LONGEST or len(local) > _LONGEST_LOCAL:
        raise InvalidAddressError("this is not an e-mail address")
    if not _is_local(local):
        raise InvalidAddressError("the part before the @ is not valid")
    if not _is_domain(domain):
        raise InvalidAddressError("the domain after the @ is not valid")


def _is_local(local: str) -> bool:
    return (
        local.isprintable()
        and _LOCAL.fullmatch(local) is not None
        and all(local.split("."))
        and _ENCODED_WORD not in local
    )


def _is_domain(domain: str) -> bool:
    try:
        labels = domain.encode("idna").decode().split(".")
    except UnicodeError:
        return False
    return (
        len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )
