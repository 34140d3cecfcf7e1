"""The version of the schema that a file of the embedded store has, and its upgrade."""

from __future__ import annotations

import sqlite3

import structlog

from shared.store.contract import StoreUnavailableError
from shared.store.sqlite.schema_steps import STEPS

log = structlog.stdlib.get_logger(__name__)

OLDEST_SQLITE = (3, 24, 0)
"""The first with `ON CONFLICT … DO UPDATE`."""

VERSION = len(STEPS)


class NewerSchemaError(StoreUnavailableError):
    """The file was written by a newer release, whose tables this one does not know."""

    def __init__(self, found: int) -> None:
        super().__init__(
            f"the order store's file is of schema version {found} and this release knows "
            f"{VERSION}: it was written by a newer release, so run that one"
        )
        self.found = found


def ensure_schema(connection: sqlite3.Connection) -> None:
    """Upgrade a new or an older file to this version.

    Raises NewerSchemaError on a newer one, StoreUnavailableError where SQLite itself is too old.
    """
    _check_library()
    if _version(connection) < VERSION:
        connection.execute("BEGIN IMMEDIATE")
        # Read again: another process may have been quicker.
        if (found := _version(connection)) == 0:
            log.info("store.created")
        for steps in STEPS[found:]:
            for statement in steps:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {max(VERSION, _version(connection))}")
        connection.execute("COMMIT")
    found = _version(connection)
    if found > VERSION:
        raise NewerSchemaError(found)


def _check_library() -> None:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreUnavailableError(
            f"Python's SQLite is {sqlite3.sqlite_version}, and the shop needs "
            f"{'.'.join(map(str, OLDEST_SQLITE))} or newer"
        )


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
