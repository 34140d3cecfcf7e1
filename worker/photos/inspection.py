"""Looks at an uploaded file before anything decodes it: what it is, and whether it may be large."""

from __future__ import annotations

import re

from shared.domain.photo import LARGEST_UPLOAD
from worker.photos.header import Header, HeaderError
from worker.photos.headers import read_header
from worker.photos.sizes import (
    LEAST_SIDE,
    MOST_MEMORY,
    MOST_PIXELS,
    MOST_RATIO,
    reduced_memory,
)


class RefusedError(Exception):
    """The picture is not taken; the text is the reason, for the person who uploaded it."""


_TAKEN = (
    (re.compile(rb"\xff\xd8\xff"), "jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "png"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "webp"),
    (re.compile(rb"GIF8[79]a"), "gif"),
)
_OTHERS = (
    (rb"....ftyp(heic|heix|hevc|hevx|heim|heis|mif1|msf1)", "a HEIC picture"),
    (rb"....ftypavi[fs]", "an AVIF picture"),
    (rb"....ftyp", "a video"),
    (rb"(\x00\x00\x00\x0cJXL |\xff\x0a)", "a JPEG XL picture"),
    (rb"(\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51)", "a JPEG 2000 picture"),
    (rb"(II\*\x00|MM\x00\*|II\x2b\x00|MM\x00\x2b)", "a TIFF or raw picture"),
    (rb"BM", "a BMP picture"),
    (rb"\x00\x00[\x01\x02]\x00", "an icon"),
    (rb"8BPS", "a Photoshop file"),
    (rb"(%!PS|\xc5\xd0\xd3\xc6)", "a PostScript file"),
    (rb"%PDF", "a PDF file"),
    (rb"PK\x03\x04", "a ZIP file"),
    (rb"(\xef\xbb\xbf)?\s*<(?:[^>]*>\s*<)*?(svg|!DOCTYPE svg|\?xml)", "an SVG drawing"),
    (rb"(\xef\xbb\xbf)?\s*<", "a page, not a picture"),
)
_NAMED = tuple((re.compile(pattern, re.DOTALL | re.IGNORECASE), name) for pattern, name in _OTHERS)
_BEGINNING = 512


def check_size(size: int) -> None:
    """Check how many bytes an upload has; raises RefusedError."""
    if size == 0:
        raise RefusedError("the file is empty")
    if size > LARGEST_UPLOAD:
        raise RefusedError(f"the file is larger than {LARGEST_UPLOAD // 2**20} MiB")


def inspect(data: bytes) -> Header:
    """Return what a picture's header says; raises RefusedError for what is not to be decoded."""
    check_size(len(data))
    try:
        header = read_header(_kind(data), data)
    except HeaderError as error:
        raise RefusedError(f"the picture cannot be read: {error}") from None
    _check_sides(header)
    if len(data) < header.least_bytes:
        raise RefusedError(
            f"the file is cut off, or made up: {len(data):,} bytes hold no {_size_of(header)}"
        )
    if header.memory + reduced_memory((header.width, header.height)) > MOST_MEMORY:
        raise RefusedError(
            f"the picture is too large for its kind of file: {_size_of(header)};"
            f" make it smaller, or save it as {_lighter(header)}"
        )
    return header


def _kind(data: bytes) -> str:
    for pattern, kind in _TAKEN:
        if pattern.match(data):
            return kind
    beginning = data[:_BEGINNING]
    for pattern, name in _NAMED:
        if pattern.match(beginning):
            raise RefusedError(f"this is {name}; save it as JPEG")
    raise RefusedError("this is no picture that can be read here; save it as JPEG")


def _check_sides(header: Header) -> None:
    shorter, longer = sorted((header.width, header.height))
    if shorter < LEAST_SIDE:
        raise RefusedError(
            f"the picture is too small: {_size_of(header)}; each side should have {LEAST_SIDE}"
        )
    if longer > MOST_RATIO * shorter:
        raise RefusedError(
            f"the picture is too long and narrow: {_size_of(header)};"
            f" one side may be {MOST_RATIO} times the other"
        )
    if header.width * header.height > MOST_PIXELS:
        raise RefusedError(
            f"the picture is too large: {_size_of(header)},"
            f" of {MOST_PIXELS // 1_000_000} megapixels at most"
        )


def _lighter(header: Header) -> str:
    return "a JPEG that is not progressive" if header.kind == "jpeg" else "JPEG"


def _size_of(header: Header) -> str:
    return f"{header.width:,} x {header.height:,} pixels"
