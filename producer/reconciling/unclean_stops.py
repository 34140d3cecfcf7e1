"""Finds cashiers that stopped uncleanly, and republishes what they may have left unannounced."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace

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

_RENEW_AFTER = dt.timedelta(seconds=15)


class UncleanStops:
    """Records this cashier's heartbeat, and republishes for cashiers that are gone.

    A heartbeat under our own `name` at start-up is our crashed predecessor's. Another cashier's is
    taken over by one of those that are left, which renews it until all is republished. After a
    start, and after the topics were lost, subscribers have `return_seconds` to come back first.
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
        self._lost_since: dt.datetime | None = None
        self._return_seconds = return_seconds
        self._republish_at = time.monotonic() + return_seconds

    def topics_lost(self, at: dt.datetime | None = None) -> None:
        """Have changes since `at` (now) republished, once subscribers are back."""
        self._lost(at or self._clock())
        self._republish_at = time.monotonic() + self._return_seconds

    def in_doubt(self, since: dt.datetime) -> None:
        """Have changes since then republished: one was maybe made, and its writer cannot know."""
        self._lost(since)

    async def record_heartbeat(self) -> None:
        """Record our heartbeat; the first one takes over what our predecessor has left."""
        if not self._has_recorded:
            for beat in await self._store.cashier_heartbeats():
                if beat.cashier == self._name:
                    _log_unclean_stop(beat)
                    self._lost(_announced_until(beat))
        await self._store.record_heartbeat(self._heartbeat())
        self._has_recorded = True

    async def republish(self) -> None:
        """Republish what unclean stops, or the loss of the topics, may have left unannounced."""
        if not self._has_recorded or time.monotonic() < self._republish_at:
            return
        if (since := self._lost_since) is not None:
            until = self._clock()
            await self._republish(since - LOOKBACK, until, None)
            if self._lost_since == since:  # otherwise they were lost again meanwhile
                self._lost_since = None
        for beat in await self._store.cashier_heartbeats():
            if beat.cashier != self._name and self._clock() - beat.at > _SILENT:
                await self._republish_for(beat)

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

    async def _republish_for(self, gone: CashierHeartbeat) -> None:
        since = _announced_until(gone)
        ours = replace(gone, at=self._clock(), unannounced_since=since)
        if await self._store.replace_heartbeat(gone, ours):
            _log_unclean_stop(gone)
            await self._republish(since - LOOKBACK, gone.at + _SILENT, ours)

    async def _republish(
        self, since: dt.datetime, until: dt.datetime, held: CashierHeartbeat | None
    ) -> None:
        """Republish; give up when another cashier has taken over the heartbeat that we held."""
        changes = 0
        async for count in self._republisher.republish(since, until):
            changes += count
            if held is not None and self._clock() - held.at > _RENEW_AFTER:
                renewed = replace(held, at=self._clock())
                if not await self._store.replace_heartbeat(held, renewed):
                    return
                held = renewed
        if held is not None:
            await self._store.replace_heartbeat(held, None)
        log.info("announcements.republished", since=since.isoformat(), changes=changes)

    def _lost(self, since: dt.datetime) -> None:
        self._lost_since = min(since, self._lost_since or since)

    def _heartbeat(self) -> CashierHeartbeat:
        return CashierHeartbeat(self._name, self._clock(), self._unannounced_since())

    def _unannounced_since(self) -> dt.datetime | None:
        times = [self._dispatcher.unannounced_since, self._lost_since]
        return min((at for at in times if at is not None), default=None)


def _log_unclean_stop(beat: CashierHeartbeat) -> None:
    log.warning("cashier.stopped_uncleanly", cashier=beat.cashier, last_seen=beat.at.isoformat())


def _announced_until(beat: CashierHeartbeat) -> dt.datetime:
    return min(beat.at, beat.unannounced_since or beat.at)
