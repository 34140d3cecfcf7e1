"""Finds cashiers that stopped uncleanly, and republishes what they may have left unannounced."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable

import structlog

from producer.orders.dispatcher import OrderDispatcher
from producer.reconciling.republisher import Republisher
from shared.clock import Clock
from shared.domain.shop import CashierHeartbeat
from shared.store.contract import HeartbeatStore, StoreUnavailableError

log = structlog.stdlib.get_logger(__name__)

LOOKBACK = dt.timedelta(minutes=1)
"""How long an announcement may have been under way when all processes were killed."""

_SILENT = dt.timedelta(minutes=1)
"""A cashier whose heartbeat is older than this is gone."""


class UncleanStops:
    """Records this cashier's heartbeat, and republishes for cashiers that are gone.

    A heartbeat under our own `name` at start-up is our crashed predecessor's. After a start, and
    after the topics were lost, subscribers have `return_seconds` to come back before republishing.
    """

    def __init__(
        self,
        name: str,
        *,
        store: HeartbeatStore,
        dispatcher: OrderDispatcher,
        republisher: Republisher,
        clock: Clock,
        return_seconds: float = 3,
    ) -> None:
        self._name = name
        self._store = store
        self._dispatcher = dispatcher
        self._republisher = republisher
        self._clock = clock
        self._has_recorded = False
        self._topics_lost_at: dt.datetime | None = None
        self._return_seconds = return_seconds
        self._republish_at = time.monotonic() + return_seconds

    def topics_lost(self, at: dt.datetime | None = None) -> None:
        """Have changes since `at` (now) republished, once subscribers are back."""
        at = at or self._clock()
        self._topics_lost_at = min(at, self._topics_lost_at or at)
        self._republish_at = time.monotonic() + self._return_seconds

    async def check(self) -> None:
        """Republish what an unclean stop may have left unannounced, and record our heartbeat.

        Our predecessor's heartbeat stays until its changes are republished.
        """
        gone = [beat for beat in await self._store.cashier_heartbeats() if self._is_gone(beat)]
        if time.monotonic() >= self._republish_at:
            await self._republish_for(gone)
        elif any(beat.cashier == self._name for beat in gone):
            return
        await self._store.record_heartbeat(self._heartbeat())
        self._has_recorded = True

    async def remove_heartbeat(self) -> None:
        """Remove our heartbeat after a clean stop, unless a change is still unannounced."""
        if not self._has_recorded:
            return
        try:
            if self._unannounced_since() is None:
                await self._store.remove_heartbeat(CashierHeartbeat, self._name)
            else:
                await self._store.record_heartbeat(self._heartbeat())
        except StoreUnavailableError as error:
            log.warning("cashier.heartbeat_not_removed", error=str(error))

    async def _republish_for(self, gone: Iterable[CashierHeartbeat]) -> None:
        for beat in gone:
            log.warning(
                "cashier.stopped_uncleanly", cashier=beat.cashier, last_seen=beat.at.isoformat()
            )
            await self._republisher.republish_since(_announced_until(beat) - LOOKBACK)
            await self._store.remove_heartbeat(CashierHeartbeat, beat.cashier)
        if (lost_at := self._topics_lost_at) is not None:
            self._topics_lost_at = None  # they may be lost again meanwhile
            try:
                await self._republisher.republish_since(lost_at - LOOKBACK)
            except BaseException:
                self.topics_lost(lost_at)
                raise

    def _heartbeat(self) -> CashierHeartbeat:
        return CashierHeartbeat(self._name, self._clock(), self._unannounced_since())

    def _unannounced_since(self) -> dt.datetime | None:
        times = [self._dispatcher.unannounced_since, self._topics_lost_at]
        return min((at for at in times if at is not None), default=None)

    def _is_gone(self, beat: CashierHeartbeat) -> bool:
        if beat.cashier == self._name:
            return not self._has_recorded
        return self._clock() - beat.at > _SILENT


def _announced_until(beat: CashierHeartbeat) -> dt.datetime:
    return min(beat.at, beat.unannounced_since or beat.at)
