"""What is told from an uploaded file's bytes alone, before anything decodes it."""

from __future__ import annotations

import random
import struct

import pytest

from tests.support.pictures import encoded, gif, noisy, photo, png, resized_jpeg, webp, webp_canvas
from worker.photos.inspection import RefusedError, inspect
from worker.photos.sizes import jpeg_scale, reduced_size, rendition_widths, scaled

MiB = 2**20


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_pictures_size_is_in_its_header(kind: str) -> None:
    header = inspect(photo(801, 602, kind))
    assert (header.kind, header.width, header.height) == (kind.lower(), 801, 602)


@pytest.mark.parametrize("options", [{"lossless": True}, {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0"}])
def test_every_kind_of_webp_is_measured(options: dict[str, object]) -> None:
    header = inspect(photo(801, 602, "WEBP", **options))
    assert (header.width, header.height) == (801, 602)


def test_a_gif_is_as_large_as_the_picture_in_it() -> None:
    body = bytearray(gif(100, 100) + bytes(200))
    struct.pack_into("<HH", body, 6, 1, 1)
    assert inspect(bytes(body)).width == 100


def test_a_progressive_jpeg_takes_the_memory_of_its_coefficients() -> None:
    picture = noisy(2400, 1600)
    plain = inspect(encoded(picture)).memory
    assert inspect(encoded(picture, progressive=True)).memory == plain + 2400 * 1600 * 3
    full = inspect(encoded(picture, progressive=True, subsampling=0)).memory
    assert full == plain + 2400 * 1600 * 6


def test_a_motion_photo_whose_video_is_behind_the_picture_is_taken() -> None:
    assert inspect(photo() + random.Random(0).randbytes(8 * MiB)).width == 800


@pytest.mark.parametrize(
    ("data", "taken"),
    [
        (photo(64, 64), True),
        (photo(63, 64), False),
        (photo(64, 1280, "PNG"), True),
        (photo(64, 1281, "PNG"), False),
        (resized_jpeg(photo(), 10_000, 5_000) + bytes(MiB), True),
        (resized_jpeg(photo(), 10_000, 5_001) + bytes(MiB), False),
        (photo() + bytes(20 * MiB - len(photo())), True),
        (photo() + bytes(20 * MiB - len(photo()) + 1), False),
        (png(4700, 4600) + bytes(MiB), True),
        (png(7000, 5000) + bytes(MiB), False),
        (png(7000, 5000, colors=3) + bytes(MiB), True),
        (webp(b"VP8X", webp_canvas(2150, 2150)), True),
        (webp(b"VP8X", webp_canvas(3000, 2400)), False),
    ],
)
def test_a_picture_is_taken_up_to_each_bound_and_not_beyond(data: bytes, *, taken: bool) -> None:
    if taken:
        inspect(data)
    else:
        with pytest.raises(RefusedError):
            inspect(data)


def test_a_file_that_is_cut_off_anywhere_is_refused_or_known_by_its_header() -> None:
    for kind in ("JPEG", "PNG", "WEBP", "GIF"):
        whole = photo(200, 100, kind)
        for length in range(len(whole)):
            try:
                header = inspect(whole[:length])
            except RefusedError:
                continue
            assert (header.width, header.height) == (200, 100)


@pytest.mark.parametrize(
    ("size", "widths"),
    [
        ((4000, 3000), (320, 640, 1280)),
        ((1280, 960), (320, 640, 1280)),
        ((1279, 960), (320, 640)),
        ((320, 200), (320,)),
        ((319, 200), (319,)),
        ((1000, 20_000), (320,)),
        ((2000, 6000), (320, 640)),
        ((20_000, 1000), (320, 640, 1280)),
    ],
)
def test_a_picture_is_never_made_larger_nor_higher_than_is_sensible(
    size: tuple[int, int], widths: tuple[int, ...]
) -> None:
    assert rendition_widths(*size) == widths


def test_the_quick_reduction_leaves_more_than_the_largest_rendition_needs() -> None:
    assert reduced_size((8000, 6000)) == (1920, 1440)
    assert reduced_size((6000, 8000), sideways=True) == (1440, 1920)
    assert reduced_size((1500, 1000)) == (1500, 1000)
    assert jpeg_scale((8000, 6000)) == 4
    assert jpeg_scale((1500, 1000)) == 1
    assert scaled((1000, 1), 10) == (10, 1)
