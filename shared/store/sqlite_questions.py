"""How often addresses were asked for their consent, in the embedded store."""

from __future__ import annotations

import datetime as dt
import sqlite3
from dataclasses import dataclass

from shared.store.cursor import sortable
from shared.store.sqlite_file import SqliteFile

_TAKE = """INSERT INTO questions (store_id, address, place, until) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET until = excluded.until WHERE until <= ?"""

_GIVE_BACK = "DELETE FROM questions WHERE store_id = ? AND address = ? AND place = ?"


@dataclass(frozen=True)
class SqliteQuestions:
    """The `Questions` of one shop, in a file that several shops may share."""

    store_id: str
    file: SqliteFile

    async def take_question(
        self, address: str, at: dt.datetime, *, places: int, hold: dt.timedelta
    ) -> int | None:
        """Take one of an address's places; none is free, and nothing is taken."""
        now, until = sortable(at), sortable(at + hold)

        def take(file: sqlite3.Connection) -> int | None:
            for place in range(places):
                if file.execute(_TAKE, (self.store_id, address, place, until, now)).rowcount:
                    return place
            return None

        return await self.file.write(take)

    async def give_question_back(self, address: str, place: int) -> None:
        """Make a place free that was taken in vain."""
        row = (self.store_id, address, place)
        await self.file.write(lambda file: file.execute(_GIVE_BACK, row).rowcount)
