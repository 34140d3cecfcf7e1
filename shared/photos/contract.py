"""The contract of the photo store: a folder on one machine, S3 elsewhere; one suite tests both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.domain.errors import UnavailableError
from shared.photos.names import MOST_LISTED

FORM_SECONDS = 600
"""How long a form may be posted."""

FOR_EVER = "public, max-age=31536000, immutable"
"""A rendition never changes: its address has the hash of what it was made of."""


class PhotosUnavailableError(UnavailableError):
    """The photo store is unavailable, or did not confirm in time that a write is durable."""


class BrokenUploadError(Exception):
    """One upload cannot be read, or deleted, though the store is available."""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that was uploaded for a menu item, and not looked at yet.

    Every upload is a version of its own, so that a later one never takes the place of an earlier
    one that is being worked on.
    """

    item_id: str
    version_id: str
    size: int
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Rendition:
    """A picture as it is served. `name` is as in `640.webp`."""

    name: str
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A photo in the store, which was last put `at` that time, by the store's clock.

    `versions` are the keys and version ids of its objects, where the store has versions.
    """

    hash: str
    at: dt.datetime
    versions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A form to post a file to: its fields, then the file as the field `file`."""

    url: str
    fields: Mapping[str, str]


class PhotoStore(Protocol):
    """The uploads and photos of one shop.

    Every write is durable when its call returns, whole or not at all. Every method raises
    PhotosUnavailableError when the store cannot be reached in time.
    """

    async def check(self) -> None:
        """Check that the store can be read."""

    async def uploads(self, item_id: str | None = None) -> Sequence[UploadedFile]:
        """List up to 1,000 uploads that were not looked at yet, of one item or of all."""

    async def read_upload(self, item_id: str, version_id: str) -> bytes | None:
        """Read an upload; None when it is gone, as somebody else has looked at it.

        Raises BrokenUploadError.
        """

    async def delete_upload(self, item_id: str, version_id: str) -> None:
        """Delete an upload that was looked at, for good; one that is gone already is no error.

        Raises BrokenUploadError.
        """

    async def put(self, photo: str, renditions: Sequence[Rendition]) -> None:
        """Store the renditions of a photo under its hash.

        The same ones again change nothing but the time at which it was put.
        """

    async def get(self, photo: str, name: str) -> bytes | None:
        """Read a rendition; None when there is none of that name."""

    async def photos(self, after: str = "", most: int = MOST_LISTED) -> Sequence[StoredPhoto]:
        """List photos by hash, after that one, from `most` files or folders; none at the end."""

    async def delete(self, photo: StoredPhoto) -> None:
        """Delete a photo for good, unless it was put again since it was listed.

        It may be gone. While it is put at the same time, all of it is there once `put` returns.
        """
