"""The names in the photo store, which come from outside and are checked before they are paths."""

from __future__ import annotations

import re

MOST_LISTED = 1000
"""Uploads or photos in a listing; S3 lists so many versions at once."""

_ITEM = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PHOTO = re.compile(r"[0-9a-f]{32}")
_RENDITION = re.compile(r"[1-9][0-9]{0,4}\.webp|fallback\.jpg")
_VERSION = re.compile(r"[\x21-\x7e]{1,1024}")
_SEQUENCER = re.compile(r"[0-9A-F]{18}")


def is_item(item_id: str) -> bool:
    """Return whether a menu item may have that id."""
    return _ITEM.fullmatch(item_id) is not None


def is_rendition(photo: str, name: str) -> bool:
    """Return whether a rendition may have that name, under that hash."""
    return is_photo(photo) and _RENDITION.fullmatch(name) is not None


def is_photo(name: str) -> bool:
    """Return whether a photo may have that hash."""
    return _PHOTO.fullmatch(name) is not None


def is_sequencer(name: str) -> bool:
    """Return whether the file of an upload may have that name."""
    return _SEQUENCER.fullmatch(name) is not None


def is_version(version_id: str) -> bool:
    """Return whether a version in S3 may have that id."""
    return _VERSION.fullmatch(version_id) is not None


def check_item(item_id: str) -> None:
    """Raise ValueError for what is no item's id."""
    if not is_item(item_id):
        raise ValueError(f"no item is called {item_id!r}")


def check_rendition(photo: str, name: str) -> None:
    """Raise ValueError for what is no rendition's name."""
    if not is_rendition(photo, name):
        raise ValueError(f"no rendition is called {name!r}, under {photo!r}")


def photos_key(store_id: str) -> str:
    """Name what the keys of a shop's photos begin with.

    Shops may share a store, and each deletes its own photos.
    """
    return f"shops/{store_id}/photos"


def rendition_key(store_id: str, photo: str, name: str) -> str:
    """Name the object, or file, of a rendition."""
    return f"{photos_key(store_id)}/{photo}/{name}"
