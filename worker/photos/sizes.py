"""How large a picture may be, in which widths it is rendered, and what memory that takes.

Nothing here reads a picture; the renderer's process imports it too.
"""

from __future__ import annotations

from shared.domain.photo import WIDTHS

MOST_PIXELS = 50_000_000
"""The largest cameras of phones have 48 to 50 megapixels in common use."""

LEAST_SIDE = 64
MOST_RATIO = 20
"""How many times longer than the shorter side the longer one may be."""

MOST_MEMORY = 100 * 2**20
"""What decoding may take in the renderer's process, in bytes, as `Header.memory` estimates it: so
that it and the worker stay below 300 MB together (decision 28)."""

_LARGEST_RENDITION = 1280 * 2880
"""Pixels: a picture that is very high is not kept in the larger widths."""

_GAP = 1.5
"""How much wider than the largest rendition a picture is left by the quick first reduction."""

BYTES_PER_PIXEL = 4
"""Of a picture in colours, in Pillow."""


def rendition_widths(width: int, height: int) -> tuple[int, ...]:
    """Choose the widths, ascending, in which a picture of this size is rendered.

    A picture that is narrower than all of them keeps its own width.
    """
    fitting = [
        each
        for each in WIDTHS
        if each <= width
        and (each == WIDTHS[0] or each * each * height <= _LARGEST_RENDITION * width)
    ]
    return tuple(fitting) or (width,)


def scaled(size: tuple[int, int], width: int) -> tuple[int, int]:
    """Scale a size to a width; a side has one pixel at least."""
    return width, max(1, round(size[1] * width / size[0]))


def reduced_size(size: tuple[int, int], *, sideways: bool = False) -> tuple[int, int]:
    """Return the size, of a picture as it lies in its file, after the quick first reduction.

    `sideways` is a picture that is shown turned by a quarter.
    """
    shown = size[::-1] if sideways else size
    wanted = round(rendition_widths(*shown)[-1] * _GAP)
    reduced = shown if wanted >= shown[0] else scaled(shown, wanted)
    return reduced[::-1] if sideways else reduced


def jpeg_scale(size: tuple[int, int], *, sideways: bool = False) -> int:
    """Return by how much, 1 to 8, a JPEG's decoder itself can make a picture smaller."""
    wanted = reduced_size(size, sideways=sideways)
    most = min(size[0] // wanted[0], size[1] // wanted[1])
    return max(scale for scale in (1, 2, 4, 8) if scale <= max(1, most))


def reduced_memory(size: tuple[int, int]) -> int:
    """Return what a picture of this size takes after the first reduction, however it is turned."""
    return max(
        BYTES_PER_PIXEL * width * height
        for width, height in (reduced_size(size), reduced_size(size, sideways=True))
    )
