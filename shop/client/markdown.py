"""A newsletter issue in Markdown, whose first heading is the subject."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class Written:
    """An issue to publish."""

    subject: str
    body: str


class UnfinishedError(Exception):
    """Subject or body is missing; the message says how to add it."""


def read_issue(text: str, subject: str | None = None) -> Written:
    """Read an issue. Without a `subject`, its first `# heading` is taken out and becomes it.

    Raises UnfinishedError when there is no subject or no body.
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
    """Find the first `h1` that is in no list or quotation."""
    tokens = MarkdownIt().parse(text)
    for opening, inline in pairwise(tokens):
        if (opening.type, opening.tag, opening.level) == ("heading_open", "h1", 0) and opening.map:
            start, end = opening.map
            lines = text.split("\n")
            return _Heading(_plain(inline), "\n".join(lines[:start] + lines[end:]))
    return None


def _plain(inline: Token) -> str:
    """Return the words without their mark-up, which a subject cannot have."""
    words = "".join(
        " " if child.type in {"softbreak", "hardbreak"} else child.content
        for child in inline.children or ()
    )
    return " ".join(words.split())
