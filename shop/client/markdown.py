"""A newsletter issue as it is written down: Markdown, its first heading being the subject."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class Written:
    """What is to be published."""

    subject: str
    body: str


class UnfinishedError(Exception):
    """Something is missing; the message says what, and how to add it."""


def read_issue(text: str, subject: str | None = None) -> Written:
    """Make an issue of Markdown. Without a subject, its first `# heading` is taken out to be one.

    Raises UnfinishedError when there is no subject, or nothing else.
    """
    heading = None if subject else _first_heading(text)
    if heading:
        subject, text = heading.subject, heading.rest
    if not subject:
        raise UnfinishedError("it has no subject: give --subject, or begin it with `# A heading`")
    if not text.strip():
        raise UnfinishedError("it has no body: write something below the subject")
    return Written(subject, text.strip() + "\n")


@dataclass(frozen=True, slots=True)
class _Heading:
    subject: str
    rest: str


def _first_heading(text: str) -> _Heading | None:
    """Find the first heading of the first level that stands by itself, in no list or quotation."""
    tokens = MarkdownIt().parse(text)
    for opening, inline in pairwise(tokens):
        if (opening.type, opening.tag, opening.level) == ("heading_open", "h1", 0) and opening.map:
            start, end = opening.map
            lines = text.split("\n")
            return _Heading(_plain(inline), "\n".join(lines[:start] + lines[end:]))
    return None


def _plain(inline: Token) -> str:
    """Give the words without their mark-up, since a subject has none."""
    words = "".join(
        " " if child.type in {"softbreak", "hardbreak"} else child.content
        for child in inline.children or ()
    )
    return " ".join(words.split())
