"""Reads the headers of pictures: their size, and what decoding them takes; decodes nothing."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable, Mapping

from worker.photos.header import DAMAGED, Header, HeaderError
from worker.photos.jpeg_header import jpeg_header
from worker.photos.sizes import BYTES_PER_PIXEL

_PNG_HEADER = 13
_PNG_TWO_BYTES = 16
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_DEFLATE_RATIO = 1032
"""The most that DEFLATE can compress (zlib, "Maximum Expansion Factor")."""

_GIF_EXTENSION, _GIF_PICTURE = 0x21, 0x2C
_GIF_RATIO = 2560
"""Pixels per byte: a code of 12 bits stands for up to 3,838 of them."""

_WEBP_BYTES_PER_PIXEL, _LOSSY_BYTES_PER_PIXEL = 19, 16
"""Measured: libwebp's canvases, its bit stream's own picture, and Pillow's copies."""


def read_header(kind: str, data: bytes) -> Header:
    """Read the header of a file that begins as one of its kind; raises HeaderError."""
    try:
        return _READERS[kind](data)
    except (IndexError, struct.error):
        raise HeaderError(DAMAGED) from None


def _png(data: bytes) -> Header:
    length, name, width, height, depth, colors, *_, interlaced = struct.unpack_from(
        ">I4sIIBBBBB", data, 8
    )
    (checksum,) = struct.unpack_from(">I", data, 29)
    if length != _PNG_HEADER or name != b"IHDR" or zlib.crc32(data[12:29]) != checksum:
        raise HeaderError(DAMAGED)
    if depth not in _PNG_DEPTHS.get(colors, ()) or interlaced not in {0, 1}:
        raise HeaderError(DAMAGED)
    raw = height * math.ceil(width * depth * _PNG_CHANNELS[colors] / 8)
    one = 2 if depth == _PNG_TWO_BYTES else 1
    per_pixel = one if colors in {0, 3} else BYTES_PER_PIXEL
    return Header("png", width, height, per_pixel * width * height, raw // _DEFLATE_RATIO)


def _gif(data: bytes) -> Header:
    screen = struct.unpack_from("<HH", data, 6)
    place = 13 + _gif_colors(data[10])
    while data[place] == _GIF_EXTENSION:  # an extension: its label, and blocks until an empty one
        place += 2
        while data[place]:
            place += 1 + data[place]
        place += 1
    if data[place] != _GIF_PICTURE:
        raise HeaderError(DAMAGED)
    left, top, across, down = struct.unpack_from("<HHHH", data, place + 1)
    width, height = max(screen[0], left + across), max(screen[1], top + down)
    return Header("gif", width, height, 2 * width * height, across * down // _GIF_RATIO)


def _gif_colors(flags: int) -> int:
    return 3 * 2 ** (1 + (flags & 7)) if flags & 0x80 else 0


def _webp(data: bytes) -> Header:
    (length,) = struct.unpack_from("<I", data, 4)
    if length + 8 > len(data):
        raise HeaderError(DAMAGED)
    per_pixel = _WEBP_BYTES_PER_PIXEL
    match data[12:16]:
        case b"VP8X":
            across, down = data[24:27], data[27:30]
            width, height = (1 + int.from_bytes(side, "little") for side in (across, down))
        case b"VP8L" if data[20:21] == b"/":
            (packed,) = struct.unpack_from("<I", data, 21)
            width, height = 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
        case b"VP8 " if data[23:26] == b"\x9d\x01\x2a":
            width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
            per_pixel = _LOSSY_BYTES_PER_PIXEL
        case _:
            raise HeaderError(DAMAGED)
    # A lossless one of a single colour has a few bytes, whatever its size is.
    return Header("webp", width, height, per_pixel * width * height, 0)


_READERS: Mapping[str, Callable[[bytes], Header]] = {
    "jpeg": jpeg_header,
    "png": _png,
    "gif": _gif,
    "webp": _webp,
}
