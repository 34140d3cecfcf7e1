"""Opens queue, store and control socket for the scaling loop, and runs it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.queues import open_orders_queue, wait_for_queues
from shared.clock import utc_now
from shared.runtime.lifecycle import every, until_whole
from shared.store.factory import open_store
from shop.scaling.autoscaler import ScalingPolicy
from shop.scaling.control_messages import SOCKET
from shop.scaling.control_server import Demonstrate, control_socket
from shop.scaling.floors import Floors, ForecastCache
from shop.scaling.forecast import ForecastUse
from shop.scaling.loop import ScalablePool, ScalingLoop
from shop.scaling.metrics_reader import MetricsReader
from shop.scaling.target import Throughput
from shop.settings import ShopSettings

REOPEN_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoscaling:
    """Scales the workers of one shop; `throughput` holds until orders have been measured.

    `started` is set once the control socket answers, also what is asked of `demonstrate`.
    """

    settings: ShopSettings
    pool: ScalablePool
    throughput: Throughput
    demonstrate: Demonstrate | None = None
    started: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Scale for ever; when queue or store cannot be opened, try again."""
        await every(REOPEN_SECONDS, self._scale)

    async def _scale(self) -> None:
        path = self.settings.state_dir / SOCKET
        async with (
            self._opened() as loop,
            control_socket(path, loop.handle, self.demonstrate),
        ):
            self.started.set()
            await every(self.settings.scaling_tick, loop.tick, until_whole)

    @contextlib.asynccontextmanager
    async def _opened(self) -> AsyncIterator[ScalingLoop]:
        settings, names = self.settings, Names(self.settings.name_prefix)
        timezone, use = ZoneInfo(settings.timezone), settings.barista_forecast
        async with aws_clients(settings) as clients:
            await wait_for_queues(clients, names.orders, names.dead_letters)
            async with (
                open_orders_queue(clients, names) as queue,
                open_store(settings, clients.dynamodb, utc_now) as store,
            ):
                forecasts = ForecastCache(store, timezone, utc_now)
                yield ScalingLoop(
                    pool=self.pool,
                    reader=MetricsReader(queue, store, self.throughput, utc_now),
                    policy=ScalingPolicy(
                        settings.baristas, settings.acceptable_wait, scales=settings.scales
                    ),
                    floors=Floors(
                        schedule=settings.barista_schedule,
                        timezone=timezone,
                        clock=utc_now,
                        forecasts=None if use is ForecastUse.OFF else forecasts,
                        forecast_counts=use is ForecastUse.ON,
                    ),
                    clock=utc_now,
                    throughput=self.throughput,
                )
