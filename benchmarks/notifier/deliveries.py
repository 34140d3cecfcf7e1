"""What a delivery costs: issues to some subscribers whose webhooks accept everything at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from benchmarks.notifier.subscribers import Webhooks, subscribe
from benchmarks.notifier.usage import Meter, Usage
from tests.support.notifier import Announcer, NotifierProcess
from tests.support.subscribers import publish

TOPIC = "coupons"
NAME = "many"
_SECONDS = 120.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryCost:
    """What a delivery cost: seconds of CPU, and requests to SQS, its part of the fan-out's too."""

    subscribers: int
    deliveries: int
    cpu: float
    requests: float


async def measure_deliveries(
    subscribers: int,
    issues: int,
    announcer: Announcer,
    notifier: NotifierProcess,
    served: Webhooks,
) -> DeliveryCost:
    """Publish issues at once, and wait until all of their deliveries are settled."""
    await subscribe(announcer.store, served, TOPIC, NAME, subscribers)
    meter = Meter(notifier)
    warmed = (await meter.read()).jobs + subscribers
    await publish(notifier, TOPIC)
    before = await settled(meter, warmed)
    for _ in range(issues):
        await publish(notifier, TOPIC)
    deliveries = subscribers * issues
    spent = (await settled(meter, before.jobs + deliveries)).since(before)
    came = (await served.arrived()).counts[NAME]
    if came != deliveries + subscribers:
        raise RuntimeError(f"{came} deliveries came, of {deliveries + subscribers}")
    return DeliveryCost(
        subscribers=subscribers,
        deliveries=deliveries,
        cpu=spent.cpu / deliveries,
        requests=spent.requests / deliveries,
    )


async def settled(meter: Meter, jobs: float, seconds: float = _SECONDS) -> Usage:
    """Wait until so many jobs are done, and give what was used until then; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while (usage := await meter.read()).jobs < jobs:  # noqa: ASYNC110 - in another process
            await asyncio.sleep(_POLL_SECONDS)
    return usage
