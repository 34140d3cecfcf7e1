"""The table in which a backup has the files of photos; they are read and written in pieces."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_PIECE_BYTES = 2**20

_MAKE = """CREATE TABLE {schema}.photo_files (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    modified_ns INTEGER NOT NULL,
    content BLOB NOT NULL
)"""
_ADD = """INSERT INTO {schema}.photo_files (path, modified_ns, content)
    VALUES (?, ?, zeroblob(?)) ON CONFLICT DO NOTHING"""
_COPY = "INSERT INTO main.photo_files SELECT * FROM waiting.photo_files"
_COUNT = """SELECT
    count(DISTINCT rtrim(path, replace(path, '/', ''))) FILTER (WHERE path LIKE 'shops/%'),
    count(*) FILTER (WHERE path LIKE 'uploads/%'), total(length(content)) FROM photo_files"""
"""A photo is a folder of renditions: without its name, a path is that of its folder."""


@dataclass(frozen=True, slots=True)
class HeldPhotos:
    """How many photos a file holds, how many uploads that nobody looked at, and their bytes."""

    pictures: int = 0
    uploads: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file in the table: its path below the folder of photos, and when it was written."""

    id: int
    path: str
    modified_ns: int
    size: int


def make_table(copy: sqlite3.Connection, schema: str = "main") -> None:
    """Make an empty table in place of any."""
    copy.execute(f"DROP TABLE IF EXISTS {schema}.photo_files")
    copy.execute(_MAKE.format(schema=schema))


def add_file(
    copy: sqlite3.Connection, file: HeldFile, content: BinaryIO, schema: str = "main"
) -> None:
    """Copy a file into the table, unless it is there."""
    values = (file.path, file.modified_ns, file.size)
    added = copy.execute(_ADD.format(schema=schema), values)
    if added.rowcount:
        with copy.blobopen("photo_files", "content", added.lastrowid or 0, name=schema) as blob:
            while piece := content.read(min(_PIECE_BYTES, file.size - blob.tell())):
                blob.write(piece)


def copy_waiting(copy: sqlite3.Connection) -> None:
    """Copy the table of the attached database `waiting` to the one in `main`."""
    copy.execute(_COPY)


def held_photos(copy: sqlite3.Connection) -> HeldPhotos:
    """Count what the table holds: nothing where there is none."""
    if not _has_table(copy):
        return HeldPhotos()
    pictures, uploads, size = copy.execute(_COUNT).fetchone()
    return HeldPhotos(pictures, uploads, int(size))


def held_files(copy: sqlite3.Connection) -> Iterator[HeldFile]:
    """List the files in the table, without their content."""
    if _has_table(copy):
        query = "SELECT id, path, modified_ns, length(content) FROM photo_files ORDER BY id"
        for row in copy.execute(query).fetchall():
            yield HeldFile(*row)


def read_file(copy: sqlite3.Connection, file: HeldFile) -> Iterator[bytes]:
    """Read a file's content in pieces."""
    with copy.blobopen("photo_files", "content", file.id, readonly=True) as blob:
        while piece := blob.read(_PIECE_BYTES):
            yield piece


def remove_table(copy: sqlite3.Connection) -> None:
    """Remove the table, and the room that it takes in the file."""
    if _has_table(copy):
        copy.execute("DROP TABLE photo_files")
        copy.execute("VACUUM")


def _has_table(copy: sqlite3.Connection) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE name = 'photo_files'"
    return copy.execute(query).fetchone() is not None
