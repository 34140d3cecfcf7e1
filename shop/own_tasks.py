"""What the supervisor itself does while the shop is open: it scales, and it demonstrates.

A module of its own, since it loads much that nothing before needs.
"""

from __future__ import annotations

import asyncio

from shared.runtime.lifecycle import background_task
from shop.autoscaling import Autoscaling
from shop.demonstration.demonstration import Demonstration
from shop.demonstration.faults import Targets
from shop.photos_on_demand import PhotosOnDemand
from shop.processes.emulator import health_url
from shop.processes.programs import Programs
from shop.processes.shop import Shop
from shop.scaling.target import Throughput


async def run_own_tasks(
    shop: Shop,
    programs: Programs,
    owner_key: str | None,
    throughput: Throughput,
    started: asyncio.Event,
) -> None:
    """Run them until they are cancelled; `started` is set once the control socket answers."""
    demonstration = Demonstration(
        settings=programs.settings,
        url=shop.url,
        owner_key=owner_key,
        targets=lambda: _targets(shop, programs),
    )
    scaling = Autoscaling(
        settings=programs.settings,
        pool=shop.workers,
        throughput=throughput,
        demonstrate=demonstration.handle,
        started=started,
    )
    photos = PhotosOnDemand(settings=programs.settings, pool=shop.photo_workers)
    try:
        async with background_task(photos.run(), "photo workers"):
            await scaling.run()
    finally:
        await demonstration.stop()


def _targets(shop: Shop, programs: Programs) -> Targets:
    return Targets(
        counter=shop.counter,
        workers=shop.workers.all(),
        emulator=shop.emulator if shop.with_emulator else None,
        counter_url=f"{shop.url}/healthz",
        emulator_url=health_url(programs.resources.emulator_port),
        watchdog_seconds=programs.settings.watchdog_seconds,
    )
