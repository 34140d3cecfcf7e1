"""The renderer's process, with good pictures and with hostile ones."""

from __future__ import annotations

import asyncio
import base64
import io
import statistics
import sys
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest
from PIL import Image

from tests.support.hostile_pictures import HARMLESS, REFUSED
from tests.support.pictures import (
    ORIENTATION,
    QUARTERS,
    SECRET,
    encoded,
    exif,
    near,
    noisy,
    photo,
    png,
    quarters,
    quarters_of,
    srgb_profile,
)
from worker.photos.inspection import RefusedError, inspect
from worker.photos.renderer import MEMORY_LIMIT
from worker.photos.rendering import ProcessRenderer, Rendered, RenderingFailedError

MB = 1_000_000
renderer = ProcessRenderer()


async def rendered(data: bytes) -> Rendered:
    return await renderer.render(inspect(data), data)


def assert_shows_quarters(picture: Rendered) -> None:
    for each in picture.renditions:
        for found, color in zip(quarters_of(each.body), QUARTERS, strict=True):
            assert near(found, color), each.name


def assert_has_only_pixels(picture: Rendered) -> None:
    for each in picture.renditions:
        image = Image.open(io.BytesIO(each.body))
        kept = set(image.info) - {"background", "loop", "timestamp", "duration"}
        assert kept <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "progressive",
            "progression",
        }
        assert not image.getexif()
        assert not getattr(image, "is_animated", False)
        for mark in (
            SECRET,
            b"Exif",
            b"ICC_PROFILE",
            b"ICCP",
            b"XMP",
            b"xmpmeta",
            b"<script",
            b"PK\3\4",
        ):
            assert mark not in each.body


@pytest.mark.parametrize("name", REFUSED)
async def test_a_file_that_means_harm_is_refused_with_a_reason(name: str) -> None:
    make, reason = REFUSED[name]
    with pytest.raises(RefusedError, match=reason):
        await rendered(make())


@pytest.mark.parametrize("name", HARMLESS)
async def test_a_file_that_carries_more_than_a_picture_gives_the_picture_alone(name: str) -> None:
    picture = await rendered(HARMLESS[name]())
    assert_shows_quarters(picture)
    assert_has_only_pixels(picture)


async def test_a_photo_comes_in_three_widths_and_a_jpeg() -> None:
    picture = await rendered(photo(4000, 3000))
    assert (picture.width, picture.height, picture.widths) == (4000, 3000, (320, 640, 1280))
    found = [(each.name, each.media_type, *opened(each.body)) for each in picture.renditions]
    assert found == [
        ("320.webp", "image/webp", "WEBP", (320, 240)),
        ("640.webp", "image/webp", "WEBP", (640, 480)),
        ("1280.webp", "image/webp", "WEBP", (1280, 960)),
        ("fallback.jpg", "image/jpeg", "JPEG", (1280, 960)),
    ]
    assert Image.open(io.BytesIO(picture.fallback)).info["progressive"]
    assert_shows_quarters(picture)


async def test_a_small_picture_keeps_its_width() -> None:
    picture = await rendered(photo(200, 100))
    assert [(each.name, opened(each.body)[1]) for each in picture.renditions] == [
        ("200.webp", (200, 100)),
        ("fallback.jpg", (200, 100)),
    ]


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_a_picture_is_turned_as_its_exif_says(orientation: int) -> None:
    turned = Image.open(io.BytesIO(photo(1000, 600, exif=exif({ORIENTATION: orientation}))))
    data = encoded(turned, exif=turned.getexif())
    picture = await rendered(data)
    sideways = orientation >= 5
    assert (picture.width, picture.height) == ((600, 1000) if sideways else (1000, 600))
    first, second, third, fourth = QUARTERS
    expected = {
        1: (first, second, third, fourth),
        2: (second, first, fourth, third),
        3: (fourth, third, second, first),
        4: (third, fourth, first, second),
        5: (first, third, second, fourth),
        6: (third, first, fourth, second),
        7: (fourth, second, third, first),
        8: (second, fourth, first, third),
    }[orientation]
    for found, color in zip(quarters_of(picture.fallback), expected, strict=True):
        assert near(found, color)
    assert_has_only_pixels(picture)


@pytest.mark.parametrize(
    "data",
    [
        encoded(quarters().convert("CMYK")),
        encoded(quarters(), progressive=True),
        encoded(quarters(), subsampling=0, icc_profile=srgb_profile()),
        encoded(quarters().convert("P"), "PNG"),
        encoded(quarters().convert("RGBA"), "PNG"),
        encoded(quarters().convert("RGBA"), "PNG", icc_profile=srgb_profile()),
        encoded(quarters().convert("RGBA").quantize(16), "PNG"),
        encoded(quarters(), "GIF"),
        encoded(quarters().convert("RGBA"), "WEBP", lossless=True),
    ],
)
async def test_every_kind_of_colours_becomes_plain_ones(data: bytes) -> None:
    picture = await rendered(data)
    assert_shows_quarters(picture)
    assert_has_only_pixels(picture)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16"])
async def test_grey_stays_grey(mode: str) -> None:
    half = Image.new("L", (400, 400), 0)
    half.paste(255, (200, 0, 400, 400))
    if mode == "I;16":
        wide = Image.frombytes(
            "I;16", (400, 400), b"".join(bytes(2) * 200 + b"\xff\xff" * 200 for _ in range(400))
        )
        data = encoded(wide, "PNG")
    else:
        data = encoded(half.convert(mode), "PNG")
    left, right, *_ = quarters_of((await rendered(data)).fallback)
    assert near(left, (0, 0, 0), 4)
    assert near(right, (255, 255, 255), 4)


async def test_what_is_transparent_stays_so_and_is_white_in_the_jpeg() -> None:
    image = Image.new("RGBA", (800, 600), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 400, 600))
    picture = await rendered(encoded(image, "PNG"))
    largest = Image.open(io.BytesIO(picture.renditions[1].body))
    assert largest.mode == "RGBA"
    pixel = largest.getpixel((600, 300))
    assert isinstance(pixel, tuple)
    assert pixel[3] == 0
    left, right, *_ = quarters_of(picture.fallback)
    assert near(left, (0, 0, 255))
    assert near(right, (255, 255, 255), 2)


async def test_another_colour_space_becomes_srgb() -> None:
    """A profile whose red and green are swapped gives the colours that it means."""
    picture = await rendered(photo(icc_profile=_swapped_profile()))
    assert near(quarters_of(picture.fallback)[0], RED_SEEN, 60)


async def test_the_same_file_gives_the_same_bytes() -> None:
    data = encoded(noisy(1000, 700))
    assert await rendered(data) == await rendered(data)


async def test_the_placeholder_is_a_tiny_picture_of_the_same_colours() -> None:
    for data in (photo(), encoded(noisy(800, 600)), encoded(noisy(400, 320, "RGBA"), "PNG")):
        placeholder = (await rendered(data)).placeholder
        assert len(placeholder) <= 400
        head, _, body = placeholder.partition(",")
        assert head == "data:image/webp;base64"
        assert max(opened(base64.b64decode(body))[1]) <= 24


async def test_the_dominant_colour_is_that_of_the_largest_part() -> None:
    image = Image.new("RGB", (400, 400), (200, 100, 50))
    image.paste((0, 0, 255), (0, 0, 150, 150))
    color = (await rendered(encoded(image, "PNG"))).color
    assert near(tuple(bytes.fromhex(color[1:])), (200, 100, 50), 4)


async def test_the_likeness_finds_a_picture_again_in_another_size_and_format() -> None:
    image = noisy(1600, 1200, grain=200)
    one = await rendered(encoded(image, quality=90))
    other = await rendered(encoded(image.resize((700, 525)), "WEBP", quality=50))
    stranger = await rendered(encoded(noisy(1600, 1200, grain=200)))
    assert distance(one, other) <= 4
    assert distance(one, stranger) > 10


async def test_the_most_expensive_pictures_stay_below_the_limit_of_memory() -> None:
    """With the worker's own, 97 MB and the upload, that is below 300 MB: see decision 28."""
    pictures = {
        "high JPEG": photo(1600, 31_000),
        "progressive JPEG": photo(5000, 4000, progressive=True),
        "PNG of 16 bits": png(
            *(4700, 4600), depth=16, colors=6, data=zlib.compress(bytes(37_601 * 4600), 1)
        )
        + bytes(15 * 2**20),
        "WebP": encoded(noisy(2150, 2150, "RGBA", grain=50), "WEBP", lossless=True, method=0),
    }
    for name, data in pictures.items():
        async with most_memory() as most:
            await rendered(data)
        assert most[0] < 165 * MB, f"{name}: {most[0] / MB:.0f} MB"


async def test_the_next_good_picture_takes_no_longer_after_hostile_ones() -> None:
    good = photo()

    async def median() -> float:
        seconds = []
        for _ in range(3):
            began = time.perf_counter()
            await rendered(good)
            seconds.append(time.perf_counter() - began)
        return statistics.median(seconds)

    before = await median()
    for name in ("PNG with a bomb in its notes", "WebP with a lying canvas", "GIF cut off"):
        with pytest.raises(RefusedError):
            await rendered(REFUSED[name][0]())
    assert await median() < 2 * before + 0.2


async def test_a_renderer_that_does_not_end_is_killed_and_nothing_is_said_of_the_picture() -> None:
    data, others = photo(), psutil.Process().children()
    with pytest.raises(RenderingFailedError):
        await ProcessRenderer(seconds=0.05).render(inspect(data), data)
    assert psutil.Process().children() == others


async def test_the_renderer_can_open_nothing_and_start_nothing() -> None:
    script = """
import socket, subprocess, sys
from worker.photos import renderer
renderer.prepare(); renderer._limit_itself()
done = []
for name, step in {
    "read": lambda: open("/etc/hostname"),
    "write": lambda: open("/tmp/written-by-a-picture", "w"),
    "socket": lambda: socket.socket(),
    "start": lambda: subprocess.run(["/bin/true"]),
    "memory": lambda: bytearray(300 * 2**20),
}.items():
    try:
        step()
    except (OSError, MemoryError):
        continue
    done.append(name)
print(done)
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert output.decode().strip() == "[]"


RED_SEEN = (30, 220, 30)


def _swapped_profile() -> bytes:
    """The profile of sRGB with the tags of red and green exchanged."""
    profile = srgb_profile()
    return profile.replace(b"rXYZ", b"tmp0").replace(b"gXYZ", b"rXYZ").replace(b"tmp0", b"gXYZ")


def opened(body: bytes) -> tuple[str | None, tuple[int, int]]:
    image = Image.open(io.BytesIO(body))
    return image.format, image.size


def distance(one: Rendered, other: Rendered) -> int:
    return (int(one.likeness, 16) ^ int(other.likeness, 16)).bit_count()


@asynccontextmanager
async def most_memory() -> AsyncIterator[list[int]]:
    """The most memory, in bytes, that child processes had during the block."""
    most, this = [0], psutil.Process()

    async def watch() -> None:
        while True:
            for child in this.children():
                try:
                    most[0] = max(most[0], child.memory_info().rss)
                except psutil.Error:
                    continue
            await asyncio.sleep(0.005)

    watching = asyncio.create_task(watch())
    try:
        yield most
    finally:
        watching.cancel()
    assert 0 < most[0] < MEMORY_LIMIT
