"""The photos that come with the shop are whole, and the drawings behind them harmless."""

from __future__ import annotations

import hashlib
import io
import itertools
import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from artwork.menu import PICTURES as DRAWINGS
from artwork.svg import Canvas
from producer.menu.file import load_menu
from producer.photos.opening import BEFORE_ALL_UPLOADS, PICTURES, our_photos, renditions
from producer.settings import CashierSettings
from shared.domain.photo import WIDTHS, is_later

MOST_BYTES = 1_500_000
NAMESPACE = "{http://www.w3.org/2000/svg}"
HARMLESS = {
    *("svg", "defs", "g", "path", "rect", "ellipse", "clipPath"),
    *("linearGradient", "radialGradient", "stop", "filter"),
    *("feGaussianBlur", "feTurbulence", "feColorMatrix", "feComposite", "feDisplacementMap"),
}


def test_every_item_of_the_first_menu_has_a_photo_and_no_photo_is_left_over() -> None:
    menu = load_menu(CashierSettings.model_fields["menu"].default)
    assert set(our_photos()) == set(menu.items) == set(DRAWINGS)
    assert {path.name for path in PICTURES.iterdir()} == {*menu.items, "photos.json"}


@pytest.mark.parametrize("item_id", DRAWINGS)
def test_a_photos_renditions_are_those_that_its_hash_and_sizes_name(item_id: str) -> None:
    photo = our_photos()[item_id]
    files = {each.name: each for each in renditions(item_id, photo)}
    bodies = b"".join(each.body for each in files.values())
    assert photo.hash == hashlib.sha256(bodies).hexdigest()[:32]
    assert {path.name for path in (PICTURES / item_id).iterdir()} == set(files)

    assert photo.widths == WIDTHS
    sizes = {}
    for name, each in files.items():
        with Image.open(io.BytesIO(each.body)) as picture:
            sizes[name] = picture.size
            assert picture.get_format_mimetype() == each.media_type
    assert sizes == {
        **{f"{width}.webp": (width, width * 3 // 4) for width in WIDTHS},
        "fallback.jpg": (1280, 960),
    }


def test_all_photos_together_are_small() -> None:
    assert sum(path.stat().st_size for path in PICTURES.rglob("*.*")) <= MOST_BYTES


def test_no_photo_is_taken_for_another_items() -> None:
    likenesses = [int(photo.likeness, 16) for photo in our_photos().values()]
    apart = [(one ^ other).bit_count() for one, other in itertools.combinations(likenesses, 2)]
    assert min(apart) > 4


def test_our_photos_come_before_any_upload_that_a_store_can_give() -> None:
    assert is_later(BEFORE_ALL_UPLOADS, "")
    of_s3, of_a_folder = "0055AED6DCD90281E5", "0018C0E4A1B2C3D4E5"
    assert is_later(of_s3, BEFORE_ALL_UPLOADS)
    assert is_later(of_a_folder, BEFORE_ALL_UPLOADS)


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_a_drawing_is_an_svg_of_shapes_alone_that_asks_for_nothing_outside(
    draw: Callable[[], Canvas],
) -> None:
    root = ET.fromstring(draw().svg())
    assert root.get("viewBox") == "0 0 1600 1200"
    assert {each.tag.removeprefix(NAMESPACE) for each in root.iter()} <= HARMLESS
    values = [(name, value) for each in root.iter() for name, value in each.attrib.items()]
    assert not any("href" in name or name.startswith("on") for name, _ in values)
    ids = {value for name, value in values if name == "id"}
    named = {found for _, value in values for found in re.findall(r"url\(([^)]*)\)", value)}
    assert named <= {f"#{one}" for one in ids}
