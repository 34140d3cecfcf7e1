"""Reads the header of a JPEG (ITU-T T.81, annex B), and what its decoder keeps in memory."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator

from worker.photos.header import DAMAGED, Header, HeaderError
from worker.photos.sizes import BYTES_PER_PIXEL, jpeg_scale

_MARKER, _PROGRESSIVE, _SCAN, _END = 0xFF, 0xC2, 0xDA, 0xD9
_FRAMES = frozenset({0xC0, 0xC1, _PROGRESSIVE})
_RARE_FRAMES = frozenset({0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)})
"""Lossless, hierarchical and arithmetic-coded ones (table B.1)."""

_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a segment."""

_NEXT = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
"""A marker among coded data, where FF is followed by 00, and RSTn may stand (B.1.1.2)."""

_PRECISION = 8
_COMPONENTS = frozenset({1, 3, 4})
_FACTORS = range(1, 5)

_BLOCK_BYTES = 128
"""Of several scans the decoder keeps all coefficients: 64 in a block, of 2 bytes each."""

_MOST_SCANS = 64
"""A progressive JPEG has about 10; each one is decoded over the whole picture."""

_RARE = "it is a JPEG of a rare kind; save it as a plain JPEG"


def jpeg_header(data: bytes) -> Header:
    """Read the header of a JPEG; raises HeaderError, IndexError or struct.error."""
    frame, progressive = b"", False
    for marker, segment in _segments(data):
        if marker in _RARE_FRAMES:
            raise HeaderError(_RARE)
        if marker in _FRAMES:
            frame, progressive = segment, marker == _PROGRESSIVE
        elif marker == _SCAN:
            if _has_too_many_scans(data):
                raise HeaderError("it is a JPEG of too many scans; save it as a plain JPEG")
            return _header(frame, several_scans=progressive or segment[0] < frame[5])
    raise HeaderError(DAMAGED)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """List the segments, with their markers, up to the end of the picture."""
    place = 2
    while data[place] == _MARKER and data[place + 1] != _END:
        marker = data[place + 1]
        if marker == _MARKER or marker in _BARE:  # fill bytes precede a marker
            place += 1 if marker == _MARKER else 2
            continue
        (length,) = struct.unpack_from(">H", data, place + 2)
        yield marker, data[place + 4 : place + 2 + length]
        place += 2 + max(length, 2)


def _has_too_many_scans(data: bytes) -> bool:
    """Count the scans up to the end of the picture: whatever is behind it is never decoded."""
    scans, place = 0, 2
    while scans <= _MOST_SCANS and (found := _NEXT.search(data, place)) is not None:
        marker, place = found[1][0], found.end()
        if marker == _END:
            break
        scans += marker == _SCAN
        if marker not in _BARE and place + 2 <= len(data):
            place += struct.unpack_from(">H", data, place)[0]
    return scans > _MOST_SCANS


def _header(frame: bytes, *, several_scans: bool) -> Header:
    precision, height, width, count = struct.unpack_from(">BHHB", frame)
    if precision != _PRECISION or count not in _COMPONENTS:
        raise HeaderError(_RARE)
    factors = [frame[7 + 3 * each] for each in range(count)]
    sampling = [(factor >> 4, factor & 15) for factor in factors]
    if any(each not in _FACTORS for pair in sampling for each in pair) or not (width and height):
        raise HeaderError(DAMAGED)
    blocks = _blocks(width, height, sampling)
    size = (width, height)
    scale = min(jpeg_scale(size), jpeg_scale(size, sideways=True))
    decoded = BYTES_PER_PIXEL * math.ceil(width / scale) * math.ceil(height / scale)
    memory = decoded + (_BLOCK_BYTES * blocks if several_scans else 0)
    return Header("jpeg", width, height, memory, least_bytes=blocks // 8)


def _blocks(width: int, height: int, sampling: list[tuple[int, int]]) -> int:
    """Count the blocks of 8 by 8 samples; each has a bit at least."""
    widest, highest = max(each[0] for each in sampling), max(each[1] for each in sampling)
    units = math.ceil(width / (8 * widest)) * math.ceil(height / (8 * highest))
    return units * sum(across * down for across, down in sampling)
