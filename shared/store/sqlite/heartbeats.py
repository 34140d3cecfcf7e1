"""Heartbeats of processes in the embedded store."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from shared.clock import sortable
from shared.domain.shop import CashierHeartbeat, Heartbeat, NotifierHeartbeat, WorkerHeartbeat
from shared.store.heartbeat_columns import KEPT_AFTER, columns, from_row, to_row
from shared.store.sqlite.connection import changing
from shared.store.sqlite.file import SqliteRecords

_TABLES: Mapping[type[Heartbeat], str] = {
    WorkerHeartbeat: "shifts",
    CashierHeartbeat: "cashiers",
    NotifierHeartbeat: "notifiers",
}

_Process = TypeVar("_Process", CashierHeartbeat, NotifierHeartbeat)


@dataclass(frozen=True)
class SqliteHeartbeats(SqliteRecords):
    """The `HeartbeatStore` of one shop, in a file that several shops may share."""

    async def record_heartbeat(self, beat: Heartbeat) -> None:
        """Write a process's heartbeat over the one before; delete workers' that lapsed long ago."""
        row = {"store_id": self.store_id, **to_row(beat)}
        insert = (
            f"INSERT OR REPLACE INTO {_TABLES[type(beat)]} ({', '.join(row)})"  # noqa: S608 - text of our own
            f" VALUES ({', '.join('?' * len(row))})"
        )

        def record(connection: sqlite3.Connection) -> None:
            connection.execute(insert, list(row.values()))
            if isinstance(beat, WorkerHeartbeat):
                connection.execute(
                    "DELETE FROM shifts WHERE store_id = ? AND until < ?",
                    (self.store_id, sortable(beat.until - KEPT_AFTER)),
                )

        await self.writes.run(record)

    async def remove_heartbeat(self, kind: type[Heartbeat], name: str) -> None:
        """Delete a process's heartbeat."""
        process = next(iter(columns(kind).values()))
        statement = f"DELETE FROM {_TABLES[kind]} WHERE store_id = ? AND {process} = ?"  # noqa: S608 - text of our own
        await self.writes.run(changing(statement, self.store_id, name))

    async def replace_heartbeat(self, before: _Process, after: _Process | None) -> bool:
        """Write `after` over `before`, or delete it; see `HeartbeatStore.replace_heartbeat`."""
        table = _TABLES[type(before)]
        row: Mapping[str, object] = to_row(after) if after else {}
        process, name = next(iter(to_row(before).items()))
        change = f"UPDATE {table} SET {' = ?, '.join(row)} = ?" if row else f"DELETE FROM {table}"  # noqa: S608 - text of our own
        statement = f"{change} WHERE store_id = ? AND {process} = ? AND at = ?"
        values = (*row.values(), self.store_id, name, sortable(before.at))
        return bool(await self.writes.run(changing(statement, *values)))

    async def worker_heartbeats(self, at: dt.datetime) -> Sequence[WorkerHeartbeat]:
        """List the heartbeats of the workers that are alive, by name."""
        rows = await self._rows(WorkerHeartbeat, "AND until > ? ORDER BY barista", sortable(at))
        return [from_row(WorkerHeartbeat, row) for row in rows]

    async def cashier_heartbeats(self) -> Sequence[CashierHeartbeat]:
        """List the heartbeats of the cashiers that have not stopped cleanly, by name."""
        rows = await self._rows(CashierHeartbeat, "ORDER BY cashier")
        return [from_row(CashierHeartbeat, row) for row in rows]

    async def notifier_heartbeats(self) -> Sequence[NotifierHeartbeat]:
        """List the heartbeats of the notifiers that have a live queue, by name."""
        rows = await self._rows(NotifierHeartbeat, "ORDER BY notifier")
        return [from_row(NotifierHeartbeat, row) for row in rows]

    async def _rows(
        self, kind: type[Heartbeat], which: str, *values: str
    ) -> Sequence[Mapping[str, object]]:
        names = list(columns(kind).values())
        query = f"SELECT {', '.join(names)} FROM {_TABLES[kind]} WHERE store_id = ? {which}"  # noqa: S608 - text of our own
        rows = await self.reads.run(
            lambda db: db.execute(query, (self.store_id, *values)).fetchall()
        )
        return [dict(zip(names, row, strict=True)) for row in rows]
