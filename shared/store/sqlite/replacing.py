"""Orders that change at the same time, each over what it was before and nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shared.domain.order import Order
from shared.domain.order_copies import forget_customer
from shared.store.document import ORDER

_REPLACE = """UPDATE orders
    SET state = :state, version = :version, attempt = :attempt, forgotten = :forgotten,
        document = :document
    WHERE id = :id AND version = :version_before AND attempt = :attempt_before
        AND forgotten <= :forgotten"""


@dataclass(frozen=True, slots=True)
class Replacing:
    """An order to write over the version and attempt of the one before."""

    before: Order
    after: Order

    @property
    def values(self) -> Mapping[str, object]:
        """The parameters of the statement."""
        return {
            "state": self.after.state,
            "version": self.after.version,
            "attempt": self.after.attempt,
            "forgotten": self.after.forgotten,
            "document": ORDER.dump_json(self.after).decode(),
            "id": self.before.id,
            "version_before": self.before.version,
            "attempt_before": self.before.attempt,
        }


def replace_all(db: sqlite3.Connection, replacings: Sequence[Replacing]) -> Sequence[bool]:
    """Write each order; give false where another write of it came first."""
    return [_write(db, each) or _write(db, _nameless(each)) for each in replacings]


def _write(db: sqlite3.Connection, replacing: Replacing) -> bool:
    return db.execute(_REPLACE, replacing.values).rowcount > 0


def _nameless(replacing: Replacing) -> Replacing:
    """Make the change without the customer, who may have been forgotten meanwhile."""
    return replace(replacing, after=forget_customer(replacing.after))
