"""People who upload photos of menu items, and know what was acknowledged."""

from __future__ import annotations

import asyncio
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import aiohttp
from PIL import Image

from shared.domain.photo import PhotoRecord, UploadState
from shared.photos.contract import PhotoStore
from tests.support.photos import asked_form, post_form
from tests.support.pictures import near
from tests.support.waiting import eventually
from worker.photos.handler import photo_hash

_TRIES_AGAIN_AFTER = 0.1
"""Seconds; a shop that is being opened again gives no signal to its customers."""

_MENU = """\
currency: USD
sizes: {{one: One}}
items:
{items}
"""
_ITEM = "  {item}: {{name: {item}, category: coffee, prep_seconds: 1, sizes: {{one: 100}}}}"


def menu_of(items: Iterable[str]) -> str:
    """A menu file of these items."""
    return _MENU.format(items="\n".join(_ITEM.format(item=item) for item in items))


@dataclass(frozen=True, slots=True)
class Picture:
    """A file for an item; no two are alike."""

    item: str
    data: bytes
    color: tuple[int, int, int] | None
    """Of every pixel; None of what is no picture."""

    @property
    def good(self) -> bool:
        """Whether it can be shown."""
        return self.color is not None


def pictures(items: Sequence[str], count: int, size: tuple[int, int]) -> Sequence[Picture]:
    """Pictures for the items in turn; every tenth is none."""
    return [_picture(items[number % len(items)], number, size) for number in range(count)]


def _picture(item: str, number: int, size: tuple[int, int]) -> Picture:
    if number % 10 == 9:
        return Picture(item, b"no picture %d" % number, None)
    color = (number * 37 % 256, number * 91 % 256, number % 256)
    image = Image.new("RGB", size, color)
    file = io.BytesIO()
    image.save(file, "JPEG", comment=b"%d" % number)
    return Picture(item, file.getvalue(), color)


@dataclass
class Photographers:
    """Several people, each with items of their own, which they upload for one after the other.

    What is not acknowledged is sent again, until it is.
    """

    url: str
    people: int = 4
    acknowledged: dict[str, list[Picture]] = field(default_factory=lambda: defaultdict(list))

    @property
    def done(self) -> int:
        """How many uploads were acknowledged."""
        return sum(map(len, self.acknowledged.values()))

    async def have_sent(self, count: int, seconds: float) -> None:
        """Wait until so many were acknowledged."""
        await eventually(lambda: self.done >= count, seconds)

    async def upload_all(self, all_: Sequence[Picture]) -> None:
        """Upload these pictures, those of an item in their order."""
        items = sorted({each.item for each in all_})
        shares = [set(items[person :: self.people]) for person in range(self.people)]
        await asyncio.gather(*(self._upload([p for p in all_ if p.item in its]) for its in shares))

    async def _upload(self, share: Sequence[Picture]) -> None:
        patience = aiohttp.ClientTimeout(total=20)
        async with aiohttp.ClientSession(timeout=patience) as http:
            for picture in share:
                while not await self._sent(http, picture):  # noqa: ASYNC110 - as above
                    await asyncio.sleep(_TRIES_AGAIN_AFTER)
                self.acknowledged[picture.item].append(picture)

    async def _sent(self, http: aiohttp.ClientSession, picture: Picture) -> bool:
        try:
            form = await asked_form(http, self.url, picture.item)
            return (await post_form(http, form, picture.data)).status == 204
        except (aiohttp.ClientError, TimeoutError, AssertionError):
            return False


async def seen_otherwise(
    acknowledged: Mapping[str, Sequence[Picture]], photos: PhotoStore
) -> list[str]:
    """List the items whose photo is missing, or not of the colour of the last good upload."""
    good = [[each for each in sent if each.good] for sent in acknowledged.values()]
    last = [its[-1] for its in good if its]
    found = [await photos.get(photo_hash(each.data), "fallback.jpg") for each in last]
    return [each.item for each, body in zip(last, found, strict=True) if not _is_of(each, body)]


def _is_of(picture: Picture, body: bytes | None) -> bool:
    if body is None or picture.color is None:
        return False
    image = Image.open(io.BytesIO(body)).convert("RGB")
    pixel = image.getpixel((image.width // 2, image.height // 2))
    return isinstance(pixel, tuple) and near(pixel, picture.color)


def left_undone(
    acknowledged: Mapping[str, Sequence[Picture]], records: Sequence[PhotoRecord]
) -> list[str]:
    """Tell what has not become of the acknowledged uploads yet, or never should have."""
    known = {record.item_id: record for record in records}
    return [
        f"{item}: {wrong}"
        for item, sent in acknowledged.items()
        for wrong in _wrong_with(sent, known.get(item, PhotoRecord(item)))
    ]


def _wrong_with(sent: Sequence[Picture], record: PhotoRecord) -> list[str]:
    good = [photo_hash(each.data) for each in sent if each.good]
    found = {each.photo.hash for each in record.uploads if each.photo}
    refused = [each for each in record.uploads if each.state is UploadState.REFUSED]
    wrong = [f"{len(lost)} lost" for lost in [set(good) - found] if lost]
    wrong += [f"{len(others)} of another item" for others in [found - set(good)] if others]
    if len(refused) < len(sent) - len(good) or not all(each.reason for each in refused):
        wrong.append("a bad file is not refused with a reason")
    if good and (record.shown is None or record.shown.hash != good[-1]):
        wrong.append("the last good one is not shown")
    return wrong
