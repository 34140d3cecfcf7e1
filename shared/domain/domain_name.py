"""Domain names in ASCII, by IDNA 2008 (RFC 5891) after the mapping of UTS 46, non-transitional.

Python's own codec has the rules of 2003, by which straße.example is strasse.example: another owner.
"""

from __future__ import annotations

import re

import idna

_LONGEST = 253
"""Of a name in ASCII, without a final dot: RFC 1035, section 2.3.4, has 255 octets on the wire."""

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_ENCODED = "xn--"


class InvalidDomainError(Exception):
    """The text is no domain name."""


def ascii_domain(text: str) -> str:
    """Write a domain name in ASCII and small letters; a final dot stays.

    Raises InvalidDomainError, also for text that IDNA does not allow, such as emoji.
    """
    name = text.lower()
    try:
        if not text.isascii():
            name = idna.uts46_remap(text, std3_rules=False, transitional=False)
        labels = [_ascii_label(label) for label in name.removesuffix(".").split(".")]
    except UnicodeError:
        raise InvalidDomainError from None
    ascii_name = ".".join(labels)
    if len(ascii_name) > _LONGEST or not all(map(_LABEL.fullmatch, labels)):
        raise InvalidDomainError
    return ascii_name + "." * name.endswith(".")


def _ascii_label(label: str) -> str:
    """Encode a label; one that is encoded already must be the encoding of what it decodes to."""
    if label.isascii() and not label.startswith(_ENCODED):
        return label
    encoded = idna.alabel(idna.ulabel(label)).decode()
    if label.isascii() and encoded != label:
        raise UnicodeError
    return encoded


def is_localhost(name: str) -> bool:
    """Recognise the names that RFC 6761, section 6.3, keeps for loopback."""
    return name.rstrip(".").rpartition(".")[2].lower() == "localhost"
