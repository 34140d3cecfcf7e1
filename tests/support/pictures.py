"""Pictures for tests: four coloured quarters, in every format and mode, and the parts of files."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageCms

RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 180, 60), (40, 60, 210), (230, 210, 40)
QUARTERS = (RED, GREEN, BLUE, YELLOW)
"""Top left, top right, bottom left, bottom right."""

SECRET = b"51.5034N 0.1276W Jane Doe"
"""Stands in all metadata, and in no rendition."""

ORIENTATION, DESCRIPTION, IMAGE_WIDTH, GPS = 0x0112, 0x010E, 0x0100, 0x8825


def quarters(width: int = 800, height: int = 600, mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", (width, height))
    for place, color in enumerate(QUARTERS):
        left, top = place % 2 * (width // 2), place // 2 * (height // 2)
        image.paste(color, (left, top, left + width // 2 + 1, top + height // 2 + 1))
    return image if mode == "RGB" else image.convert(mode)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def photo(width: int = 800, height: int = 600, kind: str = "JPEG", **options: Any) -> bytes:
    """A good picture, as a phone might send it."""
    return encoded(quarters(width, height), kind, **options)


def noisy(width: int, height: int, mode: str = "RGB", grain: int = 8) -> Image.Image:
    """A picture that no format makes very small."""
    small = Image.effect_noise((width // grain, height // grain), 80)
    noise = small.resize((width, height))
    turns = (noise, noise.transpose(Image.Transpose.FLIP_LEFT_RIGHT), noise.rotate(180), noise)
    return noise if mode == "L" else Image.merge(mode, turns[: len(mode)])


def quarters_of(body: bytes) -> tuple[tuple[int, ...], ...]:
    """The colours in the middle of the four quarters of a rendition."""
    image = Image.open(io.BytesIO(body)).convert("RGB")
    places = ((x, y) for y in (1, 3) for x in (1, 3))
    found = [image.getpixel((image.width * x // 4, image.height * y // 4)) for x, y in places]
    return tuple(color for color in found if isinstance(color, tuple))


def near(found: tuple[int, ...], expected: tuple[int, ...], tolerance: int = 24) -> bool:
    return all(abs(one - other) <= tolerance for one, other in zip(found, expected, strict=True))


def exif(tags: Mapping[int, Any], *, gps: bool = False) -> bytes:
    data = Image.Exif()
    data.update(tags)
    data[DESCRIPTION] = SECRET.decode()
    if gps:
        data.get_ifd(GPS).update({1: "N", 2: (51.0, 30.0, 12.0), 3: "W", 4: (0.0, 7.0, 39.0)})
    return data.tobytes()


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(
    width: int, height: int, *others: bytes, depth: int = 8, colors: int = 2, data: bytes = b""
) -> bytes:
    """A PNG of raw parts; `others` are chunks before the data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colors, 0, 0, 0))
    end = chunk(b"IDAT", data or zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(others) + end


def with_chunks(body: bytes, *chunks: bytes) -> bytes:
    """A PNG with chunks after its header, which has 33 bytes with the signature."""
    return body[:33] + b"".join(chunks) + body[33:]


def jpeg_with(body: bytes, marker: int, segment: bytes) -> bytes:
    """A JPEG with one more segment at its beginning."""
    return body[:2] + struct.pack(">BBH", 0xFF, marker, len(segment) + 2) + segment + body[2:]


def resized_jpeg(body: bytes, width: int, height: int) -> bytes:
    """A JPEG whose frame claims another size."""
    place = next(body.index(mark) for mark in (b"\xff\xc0", b"\xff\xc2") if mark in body)
    return body[: place + 5] + struct.pack(">HH", height, width) + body[place + 9 :]


def gif(width: int, height: int) -> bytes:
    """A GIF that is all header."""
    descriptor = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0)
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + descriptor + b"\x08\x00;"


def webp(name: bytes, body: bytes) -> bytes:
    part = name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(part)) + b"WEBP" + part


def webp_canvas(width: int, height: int, *, flags: int = 0) -> bytes:
    """The body of an extended WebP's header."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes([flags, 0, 0, 0]) + sides
