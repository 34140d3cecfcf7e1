"""Runs one load against a shop: places, watches, audits, reports."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import aiohttp

from shared.runtime.lifecycle import background_task
from shop.client.answers import Json, content
from shop.client.connection import connect
from shop.client.placing import Placing
from shop.load.audit import stored_twice
from shop.load.listening import Listening
from shop.load.looking_up import LookingUp
from shop.load.placements import Acknowledged, Refused, place_all
from shop.load.plan import PlannedOrder, plan
from shop.load.readiness import Readiness
from shop.load.report import Report, Step, Tally

ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Load:
    """How many orders, how many due in each second, drawn from which seed.

    `concurrency` bounds the requests under way; `timeout` is in seconds, for everything.
    """

    orders: int
    rate: float
    seed: int
    concurrency: int
    timeout: float


async def run_load(load: Load, url: str, key: str | None, heard: Callable[[Step], None]) -> Report:
    """Place the load at the shop and follow it to its end; `heard` is told of every step.

    With a staff `key` announcements are listened to and the list of orders is audited as well.
    Raises aiohttp.ClientError or TimeoutError when the shop is out of reach at the start, and
    ProblemError when it shows no menu.
    """
    run = secrets.token_hex(3)
    tally = Tally()

    def note(step: Step) -> None:
        tally.add(step)
        heard(step)

    async with connect(url, key, load.concurrency) as http, connect(url, key) as watching:
        planned = plan(await _menu(http), load.orders, load.rate, load.seed, run)
        placing = Placing(http, ATTEMPTS, load.concurrency, shop_may_be_away=True)
        readiness = Readiness(note)
        listening = Listening(watching, readiness)
        looking_up = LookingUp(watching, readiness, listening)
        listen = background_task(listening.run(), "listen") if key else contextlib.nullcontext()
        with contextlib.suppress(TimeoutError):
            async with (
                asyncio.timeout(load.timeout),
                listen,
                background_task(looking_up.run(), "look up"),
            ):
                await _place(planned, placing, readiness, note)
                await readiness.all_have_ended()
        await looking_up.sweep(whole=True)
        known = [placed.order_id for placed in tally.acknowledged]
        twice = await stored_twice(watching, run, known) if key else None
    return tally.report(load.orders, twice)


async def _menu(http: aiohttp.ClientSession) -> Json:
    async with http.get("menu") as response:
        return await content(response)


async def _place(
    planned: Sequence[PlannedOrder],
    placing: Placing,
    readiness: Readiness,
    note: Callable[[Step], None],
) -> None:
    def note_placement(step: Acknowledged | Refused) -> None:
        note(step)
        if isinstance(step, Acknowledged):
            readiness.expect(step.order_id, step.placed_at)

    await place_all(planned, placing, note_placement)
