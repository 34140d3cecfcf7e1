"""Text from outside, so that nothing in it moves a cursor, reorders a line or stays unseen."""

from __future__ import annotations

import re
import unicodedata

_UNSEEN = r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
_UNSEEN += r"\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\uffff"
_SUSPECT = re.compile(
    rf"[\x00-\x1f\x7f-\x9f{_UNSEEN}\ud800-\udfff\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
"""Controls (C0, C1), bidirectional controls, zero width, line separators, fillers, surrogates that
have no partner, tags."""

_JOINERS = frozenset("\u200c\u200d")
"""They join emoji, and shape letters in Persian and Indic scripts: shown only beside ASCII."""


def visible(text: str) -> str:
    r"""Show each character that a terminal or a page would obey or hide, as in `\u202e`."""
    return _SUSPECT.sub(_shown, text)


def spelling(text: str) -> str:
    """Write a name in one way: case, spaces and equal characters tell nobody apart."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def visible_json(text: str) -> str:
    r"""Escape such characters in JSON, whose value stays the same; line breaks between stay."""
    return _SUSPECT.sub(_escaped, text)


def _shown(match: re.Match[str]) -> str:
    character = match[0]
    if character in _JOINERS and _joins(match):
        return character
    return character.encode("unicode_escape").decode()


def _joins(match: re.Match[str]) -> bool:
    text, at = match.string, match.start()
    beside = (text[at - 1] if at else "", text[at + 1 : at + 2])
    return all(one > "\x7f" and not _SUSPECT.match(one) for one in beside)


def _escaped(match: re.Match[str]) -> str:
    if match[0] == "\n":
        return "\n"
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
