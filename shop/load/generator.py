"""Runs one load against a shop: places, follows, audits, reports."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from shared.runtime.lifecycle import background_task
from shop.client.answers import Json, content
from shop.client.connection import connect
from shop.client.live_stream import Change
from shop.client.ordering import OrderPlacer
from shop.client.retrier import Retrier
from shop.load.announcements import AnnouncementListener
from shop.load.audit import stored_twice
from shop.load.pending_orders import PendingOrders
from shop.load.placements import Acknowledged, Refused, place_all
from shop.load.plan import plan
from shop.load.polling import OrderPoller
from shop.load.report import Report, Step, report

ATTEMPTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How many orders, how many of them due per second, and the seed they are drawn from.

    `concurrency` bounds the requests under way; `timeout` is in seconds, for everything.
    """

    orders: int
    rate: float
    seed: int
    concurrency: int
    timeout: float


async def run_load(
    load: Load,
    url: str,
    key: str | None,
    on_step: Callable[[Step], None],
    on_change: Callable[[Change], None] = lambda _: None,
) -> Report:
    """Place the load at the shop and follow it to its end; `on_step` gets every step.

    With a staff `key` the announcements are followed, those of other orders too, and `on_change`
    gets them; the list of orders is audited as well.
    Raises aiohttp.ClientError or TimeoutError when the shop cannot be reached at the start, and
    ProblemError when it shows no menu.
    """
    run = secrets.token_hex(3)
    steps: list[Step] = []

    def record(step: Step) -> None:
        steps.append(step)
        on_step(step)

    pending = PendingOrders(record)

    def record_placement(step: Acknowledged | Refused) -> None:
        record(step)
        if isinstance(step, Acknowledged):
            pending.add(step.order_id, step.placed_at)

    async with connect(url, key, load.concurrency) as http, connect(url, key) as watching:
        planned = plan(await _menu(http), load.orders, load.rate, seed=load.seed, run=run)
        placer = OrderPlacer(
            http=http,
            retrier=Retrier(attempts=ATTEMPTS, shop_may_be_away=True),
            limit=asyncio.Semaphore(load.concurrency),
        )
        listener = AnnouncementListener(watching, pending, on_change)
        poller = OrderPoller(watching, pending, listener)
        listen = background_task(listener.run(), "listen") if key else contextlib.nullcontext()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(load.timeout), listen, background_task(poller.run(), "poll"):
                await place_all(planned, placer, record_placement)
                await pending.all_have_ended()
        await poller.sweep(whole=True)
        known = [step.order_id for step in steps if isinstance(step, Acknowledged)]
        twice = await stored_twice(watching, run, known) if key else None
    return report(steps, load.orders, twice)


async def _menu(http: aiohttp.ClientSession) -> Json:
    async with http.get("menu") as response:
        return await content(response)
