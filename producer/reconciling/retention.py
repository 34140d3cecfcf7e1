"""Deletes closed orders some weeks after they were placed, and after a year who changed what.

Customers' names are in the orders.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import structlog

from shared.clock import Clock
from shared.domain.change import KEPT
from shared.store.contract import Store

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Retention:
    """Keeps closed orders for `keep` after their placing, and open ones for as long as they are."""

    store: Store
    clock: Clock
    keep: dt.timedelta

    async def delete_old(self) -> None:
        """Delete what is older, some at a time, so that orders are placed meanwhile."""
        deleted = await self.store.delete_closed_orders(self.clock() - self.keep)
        if deleted:
            log.info("orders.deleted", deleted=deleted, days=self.keep.days)
        await self.store.delete_changes(self.clock() - KEPT)
