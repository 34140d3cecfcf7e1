"""What staff are told of an item's photo, by its record and what waits. Pure decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.photo import Photo, PhotoRecord, Upload, UploadState, is_later
from shared.photos.contract import UploadedFile

_ALIKE_BITS = 4
"""Of the 64 of a likeness: the same picture, saved at another quality or size, differs by fewer."""

_FLAT = frozenset({0, 2**64 - 1})
"""The likenesses of pictures of one colour, or of a gradient: they say nothing of a picture."""


class PhotoState(StrEnum):
    """What became of the newest upload of an item."""

    WAITING = "waiting"
    """It is not looked at yet, or is held until a manager consents."""
    SHOWN = "shown"
    REFUSED = "refused"
    TAKEN_OFF = "taken-off"


@dataclass(frozen=True, slots=True)
class PhotoStatus:
    """An item's photo as staff see it; `reason` says why the newest upload is not shown."""

    item_id: str
    state: PhotoState
    reason: str | None
    held: Upload | None
    photo: Photo | None
    uploads: Sequence[Upload]


@dataclass(frozen=True, slots=True)
class ListedPhoto:
    """An item's status, its newest picture, and the other items that show the same picture."""

    status: PhotoStatus
    photo: Photo | None
    same_as: Sequence[str]


def status_of(record: PhotoRecord, waiting: Sequence[UploadedFile]) -> PhotoStatus:
    """Tell an item's status; `waiting` are its uploads in the photo store.

    One that is decided already is about to be deleted there.
    """
    decided = {upload.version_id for upload in record.uploads}
    waiting = [each for each in waiting if each.version_id not in decided]
    newest = record.uploads[0] if record.uploads else None
    held = held_in(record)
    state = PhotoState.WAITING if waiting else _state_of(newest, held)
    return PhotoStatus(
        item_id=record.item_id,
        state=state,
        reason=None if waiting or newest is None else newest.reason,
        held=held,
        photo=record.shown,
        uploads=record.uploads,
    )


def held_in(record: PhotoRecord, sequencer: str | None = None) -> Upload | None:
    """Find the newest upload that a consent would show, or the one of this sequencer."""
    return next(
        (
            upload
            for upload in record.uploads
            if upload.state is UploadState.HELD
            and is_later(upload.sequencer, record.settled)
            and sequencer in {None, upload.sequencer}
        ),
        None,
    )


def list_photos(
    records: Iterable[PhotoRecord], waiting: Iterable[UploadedFile]
) -> Sequence[ListedPhoto]:
    """List the items that have had an upload, by item id; see `status_of` for `waiting`."""
    undecided: defaultdict[str, list[UploadedFile]] = defaultdict(list)
    for upload in waiting:
        undecided[upload.item_id].append(upload)
    known = {item_id: PhotoRecord(item_id) for item_id in undecided}
    known |= {record.item_id: record for record in records}
    pictures = [(known[item_id], _newest_picture(known[item_id])) for item_id in sorted(known)]
    likenesses = [
        (record.item_id, int(photo.likeness, 16)) for record, photo in pictures if photo is not None
    ]
    return [
        ListedPhoto(
            status_of(record, undecided.get(record.item_id, ())),
            photo,
            _same_as(record.item_id, photo, likenesses),
        )
        for record, photo in pictures
    ]


def _state_of(newest: Upload | None, held: Upload | None) -> PhotoState:
    if newest is not None and newest is held:
        return PhotoState.WAITING
    match newest.state if newest else None:
        case UploadState.SHOWN:
            return PhotoState.SHOWN
        case UploadState.REFUSED:
            return PhotoState.REFUSED
        case _:
            return PhotoState.TAKEN_OFF


def _newest_picture(record: PhotoRecord) -> Photo | None:
    held = held_in(record)
    return record.shown if held is None else held.photo


def _same_as(
    item_id: str, photo: Photo | None, likenesses: Iterable[tuple[str, int]]
) -> Sequence[str]:
    if photo is None:
        return ()
    likeness = int(photo.likeness, 16)
    if likeness in _FLAT:
        return ()
    return [
        other
        for other, its in likenesses
        if other != item_id and its not in _FLAT and (likeness ^ its).bit_count() <= _ALIKE_BITS
    ]
