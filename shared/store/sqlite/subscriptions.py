"""Subscriptions in the embedded store, and the routes by which announcements find them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from shared.clock import sortable
from shared.domain.subscription import Subscription, SubscriptionState
from shared.store.document import SUBSCRIPTION
from shared.store.sqlite.file import SqliteFile
from shared.store.subscription_contract import SubscriptionChangedError

_PAGE = 500


@dataclass(frozen=True)
class SqliteSubscriptions:
    """The `SubscriptionStore` of one shop, in a file that several shops may share."""

    store_id: str
    file: SqliteFile

    async def add_subscription(self, subscription: Subscription) -> Subscription:
        """Record a new subscription, unless its id is taken."""
        return await self.file.write(lambda file: _add(file, self.store_id, subscription))

    async def subscription(self, subscription_id: str) -> Subscription | None:
        """Look a subscription up."""
        return await self.file.read(lambda file: _get(file, self.store_id, subscription_id))

    async def replace_subscription(self, before: Subscription, after: Subscription) -> None:
        """Write `after` over `before`; see `SubscriptionStore.replace_subscription`."""
        await self.file.write(lambda file: _replace(file, self.store_id, before, after))

    async def subscribed(self, routes: Collection[str]) -> AsyncIterator[Sequence[Subscription]]:
        """List all that have one of these routes, by id."""
        query = (self.store_id, json.dumps(list(routes)))
        after = ""
        while True:
            page = await self.file.read(partial(_subscribed, query=query, after=after))
            yield page
            if len(page) < _PAGE:
                return
            after = page[-1].id

    async def in_state(
        self, state: SubscriptionState, limit: int, after: Subscription | None = None
    ) -> Sequence[Subscription]:
        """List subscriptions in a state, oldest first."""
        place = (sortable(after.created_at), after.id) if after else ("", "")
        return await self.file.read(
            lambda file: _in_state(file, (self.store_id, state, *place), limit)
        )

    async def count_active(self) -> Mapping[str, int]:
        """Count the active subscriptions of each topic."""
        return await self.file.read(lambda file: _count_active(file, self.store_id))


def _add(connection: sqlite3.Connection, store_id: str, subscription: Subscription) -> Subscription:
    recorded = _get(connection, store_id, subscription.id)
    if recorded is not None:
        return recorded
    connection.execute(
        "INSERT INTO subscriptions"
        " (store_id, id, topic, state, version, created_at, since, document)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            store_id,
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
        _routes(store_id, subscription),
    )
    return subscription


def _get(
    connection: sqlite3.Connection, store_id: str, subscription_id: str
) -> Subscription | None:
    row = connection.execute(
        "SELECT document FROM subscriptions WHERE store_id = ? AND id = ?",
        (store_id, subscription_id),
    ).fetchone()
    return None if row is None else SUBSCRIPTION.validate_json(row[0])


def _replace(
    connection: sqlite3.Connection, store_id: str, before: Subscription, after: Subscription
) -> None:
    written = connection.execute(
        "UPDATE subscriptions SET state = ?, version = ?, since = ?, document = ?"
        " WHERE store_id = ? AND id = ? AND version = ?",
        (
            after.state,
            after.version,
            sortable(after.since),
            SUBSCRIPTION.dump_json(after).decode(),
            store_id,
            before.id,
            before.version,
        ),
    )
    if written.rowcount == 0:
        raise SubscriptionChangedError("the subscription was changed by somebody else")
    if after.state is SubscriptionState.ENDED:
        connection.executemany(
            "DELETE FROM routes WHERE store_id = ? AND route = ? AND subscription_id = ?",
            _routes(store_id, after),
        )


def _routes(store_id: str, subscription: Subscription) -> Sequence[tuple[str, str, str]]:
    return [(store_id, route, subscription.id) for route in subscription.routes]


def _subscribed(
    connection: sqlite3.Connection, query: tuple[str, str], after: str
) -> Sequence[Subscription]:
    rows = connection.execute(
        "SELECT document FROM subscriptions WHERE store_id = ?1 AND id IN"
        " (SELECT DISTINCT subscription_id FROM routes"
        "  WHERE store_id = ?1 AND route IN (SELECT value FROM json_each(?2))"
        "  AND subscription_id > ?3 ORDER BY subscription_id LIMIT ?4) ORDER BY id",
        (*query, after, _PAGE),
    )
    return [SUBSCRIPTION.validate_json(document) for (document,) in rows]


def _in_state(
    connection: sqlite3.Connection, after: tuple[str, SubscriptionState, str, str], limit: int
) -> Sequence[Subscription]:
    rows = connection.execute(
        "SELECT document FROM subscriptions WHERE store_id = ? AND state = ?"
        " AND (created_at, id) > (?, ?) ORDER BY created_at, id LIMIT ?",
        (*after, limit),
    )
    return [SUBSCRIPTION.validate_json(document) for (document,) in rows]


def _count_active(connection: sqlite3.Connection, store_id: str) -> Mapping[str, int]:
    rows = connection.execute(
        "SELECT topic, COUNT(*) FROM subscriptions WHERE store_id = ? AND state = 'active'"
        " GROUP BY topic",
        (store_id,),
    )
    return dict(rows.fetchall())
