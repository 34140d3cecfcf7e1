"""Photos of menu items: which upload of an item is shown, however late its event comes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

LARGEST_UPLOAD = 20 * 2**20
"""Bytes; a phone's photo has 2 to 12 MB."""

WIDTHS = (320, 640, 1280)
"""The widths, in pixels, in which a photo is kept; never more than it has."""

KEPT_UPLOADS = 20
"""How many decided uploads an item's record keeps, the newest ones."""


class UploadState(StrEnum):
    """What became of an upload that was looked at."""

    SHOWN = "shown"
    REPLACED = "replaced"
    """It was good, and a newer photo is shown, or it was taken off the menu."""
    HELD = "held"
    """It was flagged, and waits for a person's consent."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture in all its renditions, which are under its `hash` in the photo store.

    `hash` is 32 hexadecimal digits of the uploaded bytes' SHA-256, with the way of rendering in
    it: other bytes never come under the same one. `width` and `height` are those of the picture as
    it was turned, in pixels; `widths` those of its renditions, ascending. `color` is the dominant
    one (`#a1b2c3`), `placeholder` a tiny picture as a `data:` URL, and `likeness` a perceptual
    hash of 64 bits in hexadecimal. `labels` and `flags` are what an analysis saw in it.
    """

    hash: str
    width: int
    height: int
    widths: tuple[int, ...]
    color: str
    placeholder: str
    likeness: str
    size: int
    labels: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that was looked at: what became of it, with the reason if it is not shown.

    `sequencer` orders the uploads of one item, see `is_later`; `at` is when it came. By its
    `version_id` it was told apart in the photo store; nobody uploaded one without.
    """

    sequencer: str
    at: dt.datetime
    state: UploadState
    reason: str | None = None
    photo: Photo | None = None
    version_id: str = ""


@dataclass(frozen=True, slots=True)
class PhotoRecord:
    """What became of the uploads of a menu item, the newest first.

    `version` counts the writes of the record, from 0 for one that was never written. Uploads up to
    `settled` are not shown any more: it is that of the photo on the menu, or of the newest upload
    when it was taken off.
    """

    item_id: str
    version: int = 0
    uploads: tuple[Upload, ...] = ()
    settled: str = ""

    @property
    def shown(self) -> Photo | None:
        """The photo on the menu."""
        for upload in self.uploads:
            if upload.state is UploadState.SHOWN:
                return upload.photo
        return None

    def upload(self, sequencer: str) -> Upload | None:
        """Find what became of an upload; None when it was not looked at, or long ago."""
        return next((each for each in self.uploads if each.sequencer == sequencer), None)


def is_later(sequencer: str, other: str) -> bool:
    """Return whether an upload came after another one of the same item.

    Sequencers are hexadecimal, and are compared as S3's are: the shorter one is padded with zeros
    on the right (Amazon S3 User Guide, "Event message structure").
    """
    length = max(len(sequencer), len(other))
    return sequencer.upper().ljust(length, "0") > other.upper().ljust(length, "0")


def decide(record: PhotoRecord, upload: Upload) -> PhotoRecord:
    """Add an upload that was looked at; a good one is shown unless a later one was.

    The same upload again changes nothing.
    """
    if record.upload(upload.sequencer) is not None:
        return record
    if upload.state is UploadState.SHOWN:
        return _show(record, upload)
    return _with(record, [upload, *record.uploads])


def consent(record: PhotoRecord, sequencer: str) -> PhotoRecord:
    """Show a held upload, unless a later photo is shown."""
    found = record.upload(sequencer)
    if found is None or found.state is not UploadState.HELD:
        return record
    others = [each for each in record.uploads if each is not found]
    good = replace(found, state=UploadState.SHOWN, reason=None)
    return _show(replace(record, uploads=tuple(others)), good)


def take_off(record: PhotoRecord) -> PhotoRecord:
    """Show no photo until one is looked at whose upload is later than all in the record."""
    newest = record.uploads[0].sequencer if record.uploads else record.settled
    settled = newest if is_later(newest, record.settled) else record.settled
    return replace(_with(record, [_replaced(each) for each in record.uploads]), settled=settled)


def _show(record: PhotoRecord, upload: Upload) -> PhotoRecord:
    if not is_later(upload.sequencer, record.settled):
        return _with(record, [_replaced(upload), *record.uploads])
    others = [_replaced(each) for each in record.uploads]
    return replace(_with(record, [upload, *others]), settled=upload.sequencer)


def _replaced(upload: Upload) -> Upload:
    if upload.state is UploadState.SHOWN:
        return replace(upload, state=UploadState.REPLACED)
    return upload


def _with(record: PhotoRecord, uploads: Sequence[Upload]) -> PhotoRecord:
    """Order the uploads, the newest first, and forget the oldest, though never the shown one."""
    newest: list[Upload] = []
    for upload in uploads:
        place = sum(is_later(each.sequencer, upload.sequencer) for each in newest)
        newest.insert(place, upload)
    kept = [
        each
        for place, each in enumerate(newest)
        if place < KEPT_UPLOADS or each.state is UploadState.SHOWN
    ]
    return replace(record, version=record.version + 1, uploads=tuple(kept))
