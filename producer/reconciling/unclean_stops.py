"""Finds out that a cashier has gone without stopping cleanly, and makes up for it."""

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
"""A cashier that was not heard of for so long is gone."""


class UncleanStops:
    """Keeps this cashier's sign of life, and tells again what others may not have told.

    A sign under our own `name`, before we have given any, is of our last life. Listeners have
    `return_seconds` until they listen, when all has just been started, or the topics were lost.
    """

    def __init__(
        self,
        name: str,
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
        self._signed_in = False
        self._topics_lost_at: dt.datetime | None = None
        self._return_seconds = return_seconds
        self._listeners_at = time.monotonic() + return_seconds

    def topics_lost(self) -> None:
        """Have everything told again that was announced of late, once there are listeners."""
        self._topics_lost_at = self._clock()
        self._listeners_at = time.monotonic() + self._return_seconds

    async def check(self) -> None:
        """Announce again whatever an unclean stop may have left unheard, and give a sign of life.

        The sign of our last life stays until it was made up for.
        """
        gone = [
            sign for sign in await self._store.cashier_heartbeats() if self._is_of_one_gone(sign)
        ]
        if time.monotonic() >= self._listeners_at:
            await self._make_up_for(gone)
        elif any(sign.cashier == self._name for sign in gone):
            return
        await self._store.record_heartbeat(self._sign())
        self._signed_in = True

    async def sign_out(self) -> None:
        """Say that this cashier has stopped cleanly, if everything it changed was announced."""
        if not self._signed_in:
            return
        try:
            if self._unannounced_since() is None:
                await self._store.remove_heartbeat(CashierHeartbeat, self._name)
            else:
                await self._store.record_heartbeat(self._sign())
        except StoreUnavailableError as error:
            log.warning("cashier.not_signed_out", error=str(error))

    async def _make_up_for(self, gone: Iterable[CashierHeartbeat]) -> None:
        for sign in gone:
            log.warning("cashier.gone", cashier=sign.cashier, last_seen=sign.at.isoformat())
            await self._republisher.republish_since(_announced_until(sign) - LOOKBACK)
            await self._store.remove_heartbeat(CashierHeartbeat, sign.cashier)
        if self._topics_lost_at is not None:
            await self._republisher.republish_since(self._topics_lost_at - LOOKBACK)
            self._topics_lost_at = None

    def _sign(self) -> CashierHeartbeat:
        return CashierHeartbeat(self._name, self._clock(), self._unannounced_since())

    def _unannounced_since(self) -> dt.datetime | None:
        times = [self._dispatcher.unannounced_since, self._topics_lost_at]
        return min((at for at in times if at is not None), default=None)

    def _is_of_one_gone(self, sign: CashierHeartbeat) -> bool:
        if sign.cashier == self._name:
            return not self._signed_in
        return self._clock() - sign.at > _SILENT


def _announced_until(sign: CashierHeartbeat) -> dt.datetime:
    return min(sign.at, sign.unannounced_since or sign.at)
