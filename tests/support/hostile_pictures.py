"""Uploads that mean harm, or are broken: each is refused with a reason, or made harmless."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping

from PIL import Image

from tests.support.pictures import (
    IMAGE_WIDTH,
    ORIENTATION,
    SECRET,
    chunk,
    encoded,
    exif,
    gif,
    jpeg_with,
    noisy,
    photo,
    png,
    quarters,
    resized_jpeg,
    webp,
    webp_canvas,
    with_chunks,
)


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("evil.sh", "rm -rf /")
    return file.getvalue()


def _bmff(brand: bytes) -> bytes:
    return struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + brand + b"mif1" + bytes(400)


def _many_scans() -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    body = photo(1600, 1200, progressive=True)
    last = body[body.rindex(b"\xff\xda") : -2]
    return body[:-2] + last * 2000 + body[-2:]


def _wrong_checksum() -> bytes:
    body = bytearray(photo(kind="PNG"))
    body[29] ^= 0xFF
    return bytes(body)


def _wrong_byte() -> bytes:
    body = bytearray(encoded(noisy(800, 600), "PNG"))
    body[body.index(b"IDAT") + 40] ^= 0xFF
    return bytes(body)


def _animation(kind: str) -> bytes:
    frames = [Image.new("RGB", (400, 300), color) for color in ("black", "white")]
    return encoded(quarters(400, 300), kind, save_all=True, append_images=frames * 20, duration=40)


def _lying_canvas() -> bytes:
    inner = photo(kind="WEBP", lossless=True)[12:]
    return _riff(_part(b"VP8X", webp_canvas(64, 64)) + inner)


def _part(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _riff(parts: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + len(parts)) + b"WEBP" + parts


def _script_in_gif() -> bytes:
    body = photo(400, 300, "GIF")
    return body + b"*/=1;fetch('https://evil.example')//" + SECRET


def _xmp() -> bytes:
    return b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>"


REFUSED: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "no bytes": (lambda: b"", "the file is empty"),
    "one byte": (lambda: b"\xff", "no picture"),
    "50 MB of zeros": (lambda: bytes(50_000_000), "larger than 20 MiB"),
    "20 MB of zeros": (lambda: bytes(20 * 2**20), "no picture"),
    "random bytes": (lambda: b"?" + os.urandom(5000), "no picture"),
    "PNG that claims 1 GB": (lambda: png(32_000, 32_000), "too large"),
    "PNG that claims the most": (lambda: png(2**31 - 1, 2**31 - 1), "too large"),
    "PNG that holds less than it says": (lambda: png(6000, 5000), "cut off, or made up"),
    "JPEG that claims 1 GB": (lambda: resized_jpeg(photo(), 65_000, 16_000), "too large"),
    "JPEG that holds less than it says": (
        lambda: resized_jpeg(photo(64, 64), 8000, 6000),
        "cut off, or made up",
    ),
    "GIF that claims 1 GB": (lambda: gif(32_000, 32_000), "too large"),
    "GIF that holds less than it says": (lambda: gif(6000, 6000), "cut off, or made up"),
    "WebP that claims 1 GB": (lambda: webp(b"VP8X", webp_canvas(32_000, 32_000)), "too large"),
    "lossless WebP of 268 megapixels": (
        lambda: webp(b"VP8L", b"\x2f" + struct.pack("<I", 0x0FFFFFFF) + bytes(30)),
        "too large",
    ),
    "lossless WebP of one colour": (
        lambda: encoded(Image.new("RGB", (5000, 5000), "red"), "WEBP", lossless=True, method=0),
        "too large for its kind of file: .* make it smaller, or save it as JPEG$",
    ),
    "progressive JPEG of 50 megapixels": (
        lambda: resized_jpeg(photo(1600, 1200, progressive=True) + bytes(2**18), 8600, 5800),
        "or save it as a JPEG that is not progressive$",
    ),
    "progressive bomb": (_many_scans, "too many scans"),
    "1 by 100,000": (lambda: png(1, 100_000), "too small"),
    "100,000 by 1": (lambda: png(100_000, 1), "too small"),
    "100 by 10,000": (lambda: photo(100, 10_000, "PNG"), "too long and narrow"),
    "no pixels": (lambda: png(0, 0), "too small"),
    "JPEG cut off in its header": (lambda: photo()[:100], "its header is damaged"),
    "JPEG cut off in its picture": (
        lambda: encoded(noisy(800, 600))[:20_000],
        "damaged, or cut off",
    ),
    "PNG cut off in its header": (lambda: photo(kind="PNG")[:20], "its header is damaged"),
    "PNG cut off in its picture": (
        lambda: encoded(noisy(800, 600), "PNG")[:-40_000],
        "damaged, or cut off",
    ),
    "WebP cut off": (lambda: photo(kind="WEBP")[:-40], "its header is damaged"),
    "GIF cut off": (lambda: encoded(noisy(800, 600, "L"), "GIF")[:5000], "damaged, or cut off"),
    "PNG with a wrong checksum": (_wrong_checksum, "its header is damaged"),
    "PNG with a wrong byte": (_wrong_byte, "damaged, or cut off"),
    "PNG of nonsense": (
        lambda: png(100, 100, data=b"no deflate" * 100),
        "damaged, or cut off",
    ),
    "PNG of an impossible depth": (lambda: png(100, 100, depth=3), "its header is damaged"),
    "PNG with a bomb in its notes": (
        lambda: with_chunks(
            photo(kind="PNG"),
            *[chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50 * 2**20)))] * 20,
        ),
        "damaged, or cut off",
    ),
    "WebP with a lying canvas": (_lying_canvas, "damaged, or cut off"),
    "JPEG that is lossless": (
        lambda: photo().replace(b"\xff\xc0", b"\xff\xc3", 1),
        "JPEG of a rare kind",
    ),
    "SVG with a script": (
        lambda: b"<?xml version='1.0'?><svg><script>alert(1)</script></svg>",
        "SVG drawing",
    ),
    "SVG behind a comment": (lambda: b"\n <!-- x --><svg onload='alert(1)'/>", "SVG drawing"),
    "HTML": (lambda: b"<html><script>alert(1)</script></html>", "a page"),
    "HEIC": (lambda: _bmff(b"heic"), "HEIC picture; save it as JPEG"),
    "AVIF": (lambda: _bmff(b"avif"), "AVIF picture; save it as JPEG"),
    "video": (lambda: _bmff(b"isom"), "a video"),
    "TIFF": (lambda: photo(kind="TIFF"), "TIFF"),
    "BMP": (lambda: photo(kind="BMP"), "BMP"),
    "ICO": (lambda: photo(256, 256, "ICO"), "an icon"),
    "EPS": (lambda: photo(kind="EPS"), "PostScript"),
    "PSD": (lambda: b"8BPS" + bytes(100), "Photoshop"),
    "PDF": (lambda: photo(kind="PDF"), "PDF"),
    "ZIP": (_zip, "ZIP"),
}
"""Each with a part of the reason that its uploader is given."""

HARMLESS: Mapping[str, Callable[[], bytes]] = {
    "JPEG with a ZIP behind it": lambda: photo() + _zip() + SECRET,
    "GIF with a script behind it": _script_in_gif,
    "PNG with a page behind it": lambda: photo(kind="PNG") + b"<html><script>" + SECRET,
    "PNG with a page in its notes": lambda: with_chunks(
        photo(kind="PNG"), chunk(b"tEXt", b"a\0<script>" + SECRET)
    ),
    "animated GIF": lambda: _animation("GIF"),
    "animated WebP": lambda: _animation("WEBP"),
    "animated PNG": lambda: _animation("PNG"),
    "JPEG with GPS": lambda: photo(exif=exif({}, gps=True)),
    "PNG with GPS": lambda: photo(kind="PNG", exif=exif({}, gps=True)),
    "WebP with GPS": lambda: photo(kind="WEBP", exif=exif({}, gps=True), lossless=True),
    "JPEG with XMP": lambda: photo(xmp=_xmp()),
    "WebP with XMP": lambda: photo(kind="WEBP", xmp=_xmp(), lossless=True),
    "JPEG with a comment": lambda: photo(comment=SECRET),
    "EXIF that lies about its size": lambda: photo(exif=exif({IMAGE_WIDTH: 60_000})),
    "EXIF that lies about orientation": lambda: photo(exif=exif({ORIENTATION: 4711})),
    "EXIF that is nonsense": lambda: jpeg_with(
        photo(), 0xE1, b"Exif\0\0MM\0*\xff\xff\xff\xff" + SECRET
    ),
    "ICC profile that is broken": lambda: photo(icc_profile=SECRET * 20),
    "PNG with an ICC profile that is a bomb": lambda: with_chunks(
        photo(kind="PNG"), chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(2**19)))
    ),
    "JPEG with a second picture in it": lambda: photo() + photo(3000, 2000),
}
"""Each shows `quarters` when it is rendered."""
