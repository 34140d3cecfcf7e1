"""The picture in the README: some pages side by side."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

_PHONES = ("menu/390-en-light.png", "order-preparing/390-en-dark.png")
_SCREENS = ("staff/1440-en-light.png", "staff-operations/1440-en-dark.png")
_HEIGHT = 780
_GAP = 24
_PAPER = "#e8dccd"


def write_strip(folder: Path, path: Path) -> None:
    """Write two phones, and two screens one above the other, from the pictures in a folder."""
    phones = [_top(folder / name, 390, 844, shown=_HEIGHT) for name in _PHONES]
    half = (_HEIGHT - _GAP) // 2
    screens = [_top(folder / name, 1440, 900, shown=half) for name in _SCREENS]
    width = sum(phone.width + _GAP for phone in phones) + screens[0].width
    strip = Image.new("RGB", (width + 2 * _GAP, _HEIGHT + 2 * _GAP), _PAPER)
    left = _GAP
    for phone in phones:
        strip.paste(phone, (left, _GAP))
        left += phone.width + _GAP
    for row, screen in enumerate(screens):
        strip.paste(screen, (left, _GAP + row * (half + _GAP)))
    strip.save(path, "JPEG", quality=85, optimize=True, progressive=True)


def _top(path: Path, width: int, height: int, *, shown: int) -> Image.Image:
    """Give the upper part of a picture, as high as a window, `shown` pixels high."""
    window = Image.open(path).convert("RGB").crop((0, 0, width, height))
    return window.resize((round(width * shown / height), shown), Image.Resampling.LANCZOS)
