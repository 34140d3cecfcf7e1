"""Headers of mail that arrive as they were written: encoded by RFC 2047, folded by RFC 5322.

Python's own folding differs between its versions, loses spaces between encoded words, and decodes
what only looks like one.
"""

from __future__ import annotations

import base64
import email.policy
import functools
import unicodedata
from collections.abc import Iterator
from email.headerregistry import (
    BaseHeader,
    HeaderRegistry,
    UniqueAddressHeader,
    UniqueUnstructuredHeader,
    UnstructuredHeader,
)
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any

_LINE = 76
"""The longest line that has an encoded word: RFC 2047, section 2, which allows words of 75."""

_BEGIN, _END = "=?utf-8?b?", "?="
_ENCODED_WORD = "=?"
_NOT_SHOWN = frozenset({"Cc", "Cs", "Zl", "Zp"})


@functools.cache
def mail_policy() -> EmailPolicy[EmailMessage]:
    """Return the policy by which mail is written."""
    headers = HeaderRegistry()
    for name in ("message-id", "list-id", "list-unsubscribe"):
        headers.map_to_type(name, _Verbatim)
    headers.map_to_type("subject", _Text)
    for name in ("from", "to"):
        headers.map_to_type(name, _Named)
    return email.policy.SMTP.clone(header_factory=headers)


def one_line(text: str) -> str:
    """Replace control characters by spaces, so that text cannot begin another header."""
    shown = ("\n" if unicodedata.category(c) in _NOT_SHOWN else c for c in text)
    return " ".join(part for part in "".join(shown).split("\n") if part)


def encoded(text: str, used: int) -> str:
    """Write text for a header in ASCII lines, the first of which has `used` characters already."""
    if not text or _is_plain(text):
        return "\r\n ".join(_folded(text, _LINE - used))
    return "\r\n ".join(
        f"{_BEGIN}{base64.b64encode(part.encode()).decode()}{_END}"
        for part in _parts(text, _LINE - used)
    )


def _is_plain(text: str) -> bool:
    """Return whether text needs no encoding: single spaces, and words that fit on a line."""
    words = text.split(" ")
    return (
        text.isascii()
        and text.isprintable()
        and _ENCODED_WORD not in text
        and all(0 < len(word) < _LINE // 2 for word in words)
    )


def _folded(text: str, room: int) -> Iterator[str]:
    """Split text at spaces; the line break before a space is removed when it is read."""
    line = ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > room:
            yield line
            line, room = word, _LINE - 1
        else:
            line = f"{line} {word}" if line else word
    yield line


def _parts(text: str, room: int) -> Iterator[str]:
    """Split text between characters, so that each part fits into an encoded word."""
    part, size = "", 0
    for character in text:
        length = len(character.encode())
        most = (room - len(_BEGIN) - len(_END)) // 4 * 3
        if part and size + length > most:
            yield part
            part, size, room = "", 0, _LINE - 1
        part, size = part + character, size + length
    yield part


class _Verbatim(UnstructuredHeader, BaseHeader):
    """A header that is never folded, since folding turns a long link into encoded words.

    RFC 2047, section 5, allows these in text only, and RFC 8058 requires a link.
    """

    def fold(self, *, policy: email.policy.Policy) -> str:
        """Write the header."""
        return f"{self.name}: {self}{policy.linesep}"


class _Text(UniqueUnstructuredHeader, BaseHeader):  # type: ignore[misc]  # mixed in at run time
    """Text that is kept as it was given, also where it looks like an encoded word."""

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        """Take the text for what it is."""
        super().parse("", kwds)
        kwds["decoded"] = value

    def fold(self, *, policy: email.policy.Policy) -> str:
        """Write the header."""
        return f"{self.name}: {encoded(self, len(self.name) + 2)}{policy.linesep}"


class _Named(UniqueAddressHeader, BaseHeader):  # type: ignore[misc]  # the same
    """One address, which may have a name."""

    def fold(self, *, policy: email.policy.Policy) -> str:
        """Write the header; an address stays in one piece."""
        (address,) = self.addresses
        shown, name = str(address), address.display_name
        if name and not (name.isascii() and name.isprintable() and _ENCODED_WORD not in name):
            shown = f"{encoded(name, len(self.name) + 2)}\r\n <{address.addr_spec}>"
        return f"{self.name}: {shown}{policy.linesep}"
