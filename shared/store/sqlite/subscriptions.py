"""Subscriptions in the embedded store, and the routing keys by which announcements find them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass

from shared.clock import sortable
from shared.domain.subscription import Subscription, SubscriptionState
from shared.store.document import SUBSCRIPTION
from shared.store.sqlite.connection import documents
from shared.store.sqlite.file import SqliteRecords
from shared.store.subscription_contract import SUBSCRIBED_PAGE, SubscriptionChangedError

_GET = "SELECT document FROM subscriptions WHERE store_id = ? AND id = ?"

_SUBSCRIBED = """SELECT document FROM subscriptions WHERE store_id = ?1 AND id IN
    (SELECT DISTINCT subscription_id FROM routes
    WHERE store_id = ?1 AND route IN (SELECT value FROM json_each(?2))
    AND subscription_id > ?3 ORDER BY subscription_id LIMIT ?4) ORDER BY id"""


@dataclass(frozen=True)
class SqliteSubscriptions(SqliteRecords):
    """The `SubscriptionStore` of one shop, in a file that several shops may share."""

    async def add_subscription(self, subscription: Subscription) -> Subscription:
        """Record a new subscription, unless its id is taken."""

        def insert(connection: sqlite3.Connection) -> Subscription:
            recorded = connection.execute(_GET, (self.store_id, subscription.id)).fetchone()
            if recorded is not None:
                return SUBSCRIPTION.validate_json(recorded[0])
            connection.execute(
                "INSERT INTO subscriptions"
                " (store_id, id, topic, state, version, created_at, since, document)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self.store_id,
                    subscription.id,
                    subscription.topic,
                    subscription.state,
                    subscription.version,
                    sortable(subscription.created_at),
                    sortable(subscription.since),
                    SUBSCRIPTION.dump_json(subscription).decode(),
                ),
            )
            connection.executemany(
                "INSERT INTO routes (store_id, route, subscription_id) VALUES (?, ?, ?)",
                self._routing_keys(subscription),
            )
            return subscription

        return await self.writes.run(insert)

    async def subscription(self, subscription_id: str) -> Subscription | None:
        """Read a subscription."""
        found = await self.reads.run(documents(SUBSCRIPTION, _GET, self.store_id, subscription_id))
        return found[0] if found else None

    async def replace_subscription(self, before: Subscription, after: Subscription) -> None:
        """Write `after` over `before`; see `SubscriptionStore.replace_subscription`."""

        def update(connection: sqlite3.Connection) -> None:
            written = connection.execute(
                "UPDATE subscriptions SET state = ?, version = ?, since = ?, document = ?"
                " WHERE store_id = ? AND id = ? AND version = ?",
                (
                    after.state,
                    after.version,
                    sortable(after.since),
                    SUBSCRIPTION.dump_json(after).decode(),
                    self.store_id,
                    before.id,
                    before.version,
                ),
            )
            if written.rowcount == 0:
                raise SubscriptionChangedError("the subscription was changed by somebody else")
            if after.state is SubscriptionState.ENDED:
                connection.executemany(
                    "DELETE FROM routes WHERE store_id = ? AND route = ? AND subscription_id = ?",
                    self._routing_keys(after),
                )

        await self.writes.run(update)

    async def subscribed(
        self, routing_keys: Collection[str]
    ) -> AsyncGenerator[Sequence[Subscription], None]:
        """List all that have one of these routing keys, by id."""
        wanted, after = json.dumps(list(routing_keys)), ""
        while True:
            query = documents(
                SUBSCRIPTION, _SUBSCRIBED, self.store_id, wanted, after, SUBSCRIBED_PAGE
            )
            page = await self.reads.run(query)
            yield page
            if len(page) < SUBSCRIBED_PAGE:
                return
            after = page[-1].id

    async def in_state(
        self, state: SubscriptionState, limit: int, after: Subscription | None = None
    ) -> Sequence[Subscription]:
        """List subscriptions in a state, oldest first."""
        sort_key = (sortable(after.created_at), after.id) if after else ("", "")
        query = (
            "SELECT document FROM subscriptions WHERE store_id = ? AND state = ?"
            " AND (created_at, id) > (?, ?) ORDER BY created_at, id LIMIT ?"
        )
        values = (self.store_id, state, *sort_key, limit)
        return await self.reads.run(documents(SUBSCRIPTION, query, *values))

    async def count_active(self) -> Mapping[str, int]:
        """Count the active subscriptions of each topic."""
        query = (
            "SELECT topic, COUNT(*) FROM subscriptions WHERE store_id = ? AND state = 'active'"
            " GROUP BY topic"
        )
        return dict(await self.reads.run(lambda db: db.execute(query, (self.store_id,)).fetchall()))

    def _routing_keys(self, subscription: Subscription) -> Sequence[tuple[str, str, str]]:
        return [
            (self.store_id, routing_key, subscription.id)
            for routing_key in subscription.routing_keys
        ]
