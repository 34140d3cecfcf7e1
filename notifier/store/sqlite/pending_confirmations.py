"""Confirmation requests that nobody has answered, in the embedded store."""

from __future__ import annotations

import datetime as dt
import sqlite3
from dataclasses import dataclass

from shared.clock import sortable
from shared.store.sqlite.connection import changing
from shared.store.sqlite.file import SqliteRecords

_RENEW = """UPDATE questions SET until = :until
    WHERE store_id = :store AND address = :key AND subscription_id = :subscription"""

_LAPSE = "DELETE FROM questions WHERE store_id = :store AND address = :key AND until <= :now"

_RESERVE = """INSERT INTO questions (store_id, address, place, subscription_id, until)
    SELECT :store, :key, COALESCE(last + 1, 0), :subscription, :until
    FROM (SELECT MAX(place) AS last, COUNT(*) AS reserved
        FROM questions WHERE store_id = :store AND address = :key)
    WHERE reserved < :limit"""

_RELEASE = "DELETE FROM questions WHERE store_id = ? AND address = ? AND subscription_id = ?"

_COUNT = """INSERT INTO limit_uses (store_id, key, used, until) VALUES (:store, :key, 1, :until)
    ON CONFLICT (store_id, key) DO UPDATE SET
    used = CASE WHEN until <= :now THEN 1 ELSE used + 1 END,
    until = CASE WHEN until <= :now THEN excluded.until ELSE until END
    WHERE until <= :now OR used < :limit"""

_UNCOUNT = "UPDATE limit_uses SET used = used - 1 WHERE store_id = ? AND key = ? AND used > 0"


@dataclass(frozen=True)
class SqlitePendingConfirmations(SqliteRecords):
    """The `PendingConfirmations` of one shop, in a file that several shops may share."""

    async def reserve_confirmation(
        self,
        key: str,
        subscription_id: str,
        at: dt.datetime,
        *,
        limit: int,
        lifetime: dt.timedelta,
    ) -> bool:
        """Reserve one of a key's requests for a subscription; return whether it has one."""
        values = {
            "store": self.store_id,
            "key": key,
            "subscription": subscription_id,
            "now": sortable(at),
            "until": sortable(at + lifetime),
            "limit": limit,
        }

        def reserve(connection: sqlite3.Connection) -> bool:
            connection.execute(_LAPSE, values)
            return any(connection.execute(step, values).rowcount > 0 for step in (_RENEW, _RESERVE))

        return await self.writes.run(reserve)

    async def release_confirmation(self, key: str, subscription_id: str) -> None:
        """Free the request that a subscription has reserved, if it has one."""
        await self.writes.run(changing(_RELEASE, self.store_id, key, subscription_id))

    async def count_use(
        self, key: str, at: dt.datetime, *, limit: int, period: dt.timedelta
    ) -> bool:
        """Count one more use of a key, unless its limit is reached."""
        values = {
            "store": self.store_id,
            "key": key,
            "now": sortable(at),
            "until": sortable(at + period),
            "limit": limit,
        }
        return await self.writes.run(lambda db: db.execute(_COUNT, values).rowcount > 0)

    async def uncount_use(self, key: str) -> None:
        """Take back a use that was counted."""
        await self.writes.run(changing(_UNCOUNT, self.store_id, key))
