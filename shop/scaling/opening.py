"""How the supervisor's tracking gets hold of queue, store and control socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.queues import open_orders_queue, wait_for_queues
from shared.clock import utc_now
from shared.runtime.lifecycle import every
from shared.store.factory import open_store
from shop.scaling.autoscaler import ScalingPolicy
from shop.scaling.control import control
from shop.scaling.floors import Floors
from shop.scaling.forecast import ForecastUse
from shop.scaling.foresight import Foresight
from shop.scaling.gauge import Gauge, Reading
from shop.scaling.messages import SOCKET
from shop.scaling.target import Pace
from shop.scaling.tracking import Crew, Tracking
from shop.settings import ShopSettings

_OPEN_AGAIN_SECONDS = 5.0


class Scaling:
    """Scales the crew of one shop; `pace` is what holds until orders have been measured.

    `begun` is set once it can be asked how it goes.
    """

    def __init__(self, settings: ShopSettings, crew: Crew, pace: Pace) -> None:
        self._settings = settings
        self._crew = crew
        self._pace = pace
        self.begun = asyncio.Event()

    async def run(self) -> None:
        """Track for ever; where queue and store cannot be opened, try again."""
        await every(_OPEN_AGAIN_SECONDS, self._track)

    async def _track(self) -> None:
        path = self._settings.state_dir / SOCKET
        async with self._opened() as tracking, control(path, tracking.obey):
            self.begun.set()
            await every(self._settings.scaling_tick, tracking.tick)

    @contextlib.asynccontextmanager
    async def _opened(self) -> AsyncIterator[Tracking]:
        settings, names = self._settings, Names(self._settings.name_prefix)
        timezone = ZoneInfo(settings.timezone)
        async with aws_clients(settings) as clients:
            await wait_for_queues(clients, names.orders, names.dead_letters)
            async with (
                open_orders_queue(clients, names) as queue,
                open_store(settings, clients.dynamodb, utc_now) as store,
            ):
                use = settings.barista_forecast
                yield Tracking(
                    self._crew,
                    Gauge(queue, store, self._pace, utc_now),
                    ScalingPolicy(settings.baristas, settings.acceptable_wait),
                    Floors(
                        settings.barista_schedule,
                        timezone,
                        utc_now,
                        None if use is ForecastUse.OFF else Foresight(store, timezone, utc_now),
                        forecast_counts=use is ForecastUse.ON,
                    ),
                    utc_now,
                    Reading(None, self._pace),
                )
