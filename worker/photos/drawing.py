"""Draws the renditions of a picture with Pillow; runs in the renderer's process alone.

A picture is decoded once, and made smaller at once, strip by strip: no second copy of its full
size is ever made. What is written is drawn anew, so that nothing but pixels is left of the file.
"""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, ImageCms, PngImagePlugin
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from worker.photos.sizes import (
    MOST_PIXELS,
    jpeg_scale,
    reduced_size,
    rendition_widths,
    scaled,
)

_READERS: Mapping[str, type[ImageFile]] = {
    "jpeg": JpegImageFile,
    "png": PngImageFile,
    "gif": GifImageFile,
    "webp": WebPImageFile,
}
_ORIENTATION = 0x0112
_SIDEWAYS = frozenset({5, 6, 7, 8})
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_STRIP_PIXELS = 2**20
_LONGEST_PLACEHOLDER = 400
_WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture's renditions, and what is shown before they are loaded; see `domain.photo`."""

    width: int
    height: int
    widths: tuple[int, ...]
    color: str
    placeholder: str
    likeness: str
    webps: tuple[bytes, ...]
    fallback: bytes


def prepare() -> None:
    """Load what Pillow loads late, and lower its own limits; call it before any file is open."""
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    PngImagePlugin.MAX_TEXT_MEMORY = 2**22
    Image.Exif().tobytes()  # it imports the TIFF module, as reading an EXIF does
    for kind in ("WEBP", "JPEG"):
        _saved(Image.new("RGB", (1, 1)), kind)


def draw(kind: str, file: BinaryIO) -> Drawn:
    """Draw the renditions of a picture of that kind; raises whatever Pillow raises.

    The file is closed as soon as it is decoded.
    """
    size, widths, largest = _read(kind, file)
    renditions = [
        largest.resize(scaled(size, width), Image.Resampling.LANCZOS) for width in widths[:-1]
    ]
    small = _on_white(renditions[0] if renditions else largest)
    return Drawn(
        *size,
        widths,
        _dominant_color(small),
        _placeholder(small),
        _likeness(small),
        tuple(_saved(each, "WEBP", quality=80, method=4) for each in [*renditions, largest]),
        _saved(_on_white(largest), "JPEG", quality=82, progressive=True, optimize=True),
    )


def _read(kind: str, file: BinaryIO) -> tuple[tuple[int, int], tuple[int, ...], Image.Image]:
    """Return a picture's size, the widths of its renditions, and the largest of these."""
    file.seek(0)
    picture = _READERS[kind](file)
    if not isinstance(picture, JpegImageFile):
        picture.load()  # looking for an EXIF would do it too, and its error would be lost
    orientation = _orientation(picture)
    sideways = orientation in _SIDEWAYS
    size = picture.size[::-1] if sideways else picture.size
    profile = picture.info.get("icc_profile")
    reduced = _reduced(picture, sideways=sideways)
    del picture
    file.close()
    widths = rendition_widths(*size)
    shown = scaled(size, widths[-1])
    largest = reduced.resize(shown[::-1] if sideways else shown, Image.Resampling.LANCZOS)
    largest = _in_srgb(largest, profile)
    if orientation in _TURNS:
        largest = largest.transpose(_TURNS[orientation])
    return size, widths, largest


def _orientation(picture: Image.Image) -> int:
    """Find how a picture is to be turned (Exif 2.32, tag Orientation); a damaged EXIF says 1."""
    try:
        found = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - whatever a hostile EXIF makes Pillow raise
        return 1
    return found if isinstance(found, int) else 1


def _reduced(picture: ImageFile, *, sideways: bool) -> Image.Image:
    """Decode a picture, and make it smaller with a box filter, some rows after the other."""
    size = reduced_size(picture.size, sideways=sideways)
    scale = jpeg_scale(picture.size, sideways=sideways)
    if scale > 1:
        picture.draft(None, (picture.size[0] // scale, picture.size[1] // scale))
    picture.load()
    mode = _working_mode(picture)
    reduced = Image.new(mode, size)
    for top, bottom in _strips(picture.size[0], size[1], picture.size[1]):
        first, last = (row * picture.size[1] / size[1] for row in (top, bottom))
        start, end = int(first), min(picture.size[1], -int(-last // 1))
        strip = _in_mode(picture.crop((0, start, picture.size[0], end)), mode)
        box = (0, first - start, picture.size[0], min(last - start, strip.size[1]))
        reduced.paste(strip.resize((size[0], bottom - top), Image.Resampling.BOX, box), (0, top))
    return reduced


def _strips(width: int, rows: int, height: int) -> Iterator[tuple[int, int]]:
    """Split the rows of a result into parts that come from about _STRIP_PIXELS each."""
    step = max(1, int(_STRIP_PIXELS / width * rows / height))
    for top in range(0, rows, step):
        yield top, min(rows, top + step)


def _working_mode(picture: Image.Image) -> str:
    """Choose a mode that can be made smaller; colours under transparency must not leak."""
    if picture.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in picture.info:
        return "RGBa"
    if picture.mode in {"CMYK", "L"}:
        return picture.mode
    return "L" if picture.mode in {"1", "I", "F"} or picture.mode.startswith("I;16") else "RGB"


def _in_mode(strip: Image.Image, mode: str) -> Image.Image:
    if strip.mode == mode and mode != "RGBa":
        return strip
    if strip.mode == "I" or strip.mode.startswith("I;16"):
        strip = strip.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return strip.convert("RGBA").convert("RGBa") if mode == "RGBa" else strip.convert(mode)


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to sRGB; a profile that is damaged, or of another kind of colours, is ignored."""
    if picture.mode == "RGBa":
        picture = picture.convert("RGBA")
        if picture.getchannel("A").getextrema() == (255, 255):
            picture = picture.convert("RGB")
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
            converted = ImageCms.profileToProfile(picture, source, target, outputMode=mode)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            return picture.convert(mode)
        if converted is not None:
            return converted
    return picture.convert(mode)


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGB":
        return picture
    white = Image.new("RGB", picture.size, _WHITE)
    white.paste(picture, mask=picture.getchannel("A"))
    return white


def _dominant_color(picture: Image.Image) -> str:
    few = picture.resize((48, 48), Image.Resampling.BOX).quantize(6, Image.Quantize.MEDIANCUT)
    palette, counts = few.getpalette() or [], few.histogram()
    index = counts.index(max(counts))
    return "#" + bytes(palette[3 * index : 3 * index + 3]).hex()


def _likeness(picture: Image.Image) -> str:
    """Hash what the picture shows: in 8 rows, whether each of 9 fields is lighter than the next.

    That is "dHash" (N. Krawetz, "Kind of Like That", 2013): 64 bits in hexadecimal.
    """
    fields = picture.convert("L").resize((9, 8), Image.Resampling.BOX).tobytes()
    bits = [fields[9 * row + at] > fields[9 * row + at + 1] for row in range(8) for at in range(8)]
    return f"{sum(bit << place for place, bit in enumerate(reversed(bits))):016x}"


def _placeholder(picture: Image.Image) -> str:
    longer = max(picture.size)
    for side in (24, 16, 12, 8, 4):
        size = tuple(max(1, round(each * side / longer)) for each in picture.size)
        tiny = picture.resize((size[0], size[1]), Image.Resampling.BOX)
        body = base64.b64encode(_saved(tiny, "WEBP", quality=20, method=6)).decode()
        if len(url := f"data:image/webp;base64,{body}") <= _LONGEST_PLACEHOLDER:
            return url
    raise ValueError("no placeholder is small enough")


def _saved(picture: Image.Image, kind: str, **options: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
