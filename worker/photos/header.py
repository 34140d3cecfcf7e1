"""What the header of a picture says, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass


class HeaderError(Exception):
    """The header is damaged, or of a kind that is not taken; the text says which."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a header says: the size in pixels, as it lies in the file.

    `memory` is what the decoder takes, and `least_bytes` what a file of that size has at least, by
    its compression's own bounds.
    """

    kind: str
    width: int
    height: int
    memory: int
    least_bytes: int


DAMAGED = "its header is damaged, or the file is cut off"
