"""The renditions of our drawings, as the photo worker makes them, in a folder of the cashier's."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from producer.photos.opening import PICTURES, listing
from shared.domain.photo import Photo
from worker.photos.inspection import inspect
from worker.photos.rendering import ProcessRenderer, Rendered

_STRIP_WIDTH = 1600
_STRIP_COLUMNS = 6
_HASH_DIGITS = 32


async def write_bundle(pictures: Mapping[str, bytes]) -> int:
    """Write the photos of these pictures in place of all others; give their size in bytes."""
    renderer = ProcessRenderer()
    rendered = {
        item: await renderer.render(inspect(picture), picture) for item, picture in pictures.items()
    }
    shutil.rmtree(PICTURES, ignore_errors=True)
    for item, each in rendered.items():
        folder = PICTURES / item
        folder.mkdir(parents=True)
        for rendition in each.renditions:
            (folder / rendition.name).write_bytes(rendition.body)
    photos = {item: _photo(each, len(pictures[item])) for item, each in rendered.items()}
    (PICTURES / "photos.json").write_text(listing(photos))
    return sum(len(one.body) for each in rendered.values() for one in each.renditions)


def write_strip(pictures: Sequence[bytes], path: Path) -> None:
    """Write all pictures side by side, in two rows."""
    width = _STRIP_WIDTH // _STRIP_COLUMNS
    height = width * 3 // 4
    rows = -(-len(pictures) // _STRIP_COLUMNS)
    strip = Image.new("RGB", (width * _STRIP_COLUMNS, height * rows))
    for place, picture in enumerate(pictures):
        row, column = divmod(place, _STRIP_COLUMNS)
        small = Image.open(io.BytesIO(picture)).convert("RGB")
        small = small.resize((width, height), Image.Resampling.LANCZOS)
        strip.paste(small, (column * width, row * height))
    strip.save(path, "JPEG", quality=84, optimize=True, progressive=True)


def _photo(rendered: Rendered, size: int) -> Photo:
    """Describe a photo; its hash is of the renditions, as it was never uploaded."""
    bodies = b"".join(rendition.body for rendition in rendered.renditions)
    return Photo(
        hash=hashlib.sha256(bodies).hexdigest()[:_HASH_DIGITS],
        width=rendered.width,
        height=rendered.height,
        widths=rendered.widths,
        color=rendered.color,
        placeholder=rendered.placeholder,
        likeness=rendered.likeness,
        size=size,
    )
