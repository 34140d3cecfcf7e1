"""Starts a shop, orders as soon as it answers, and reads from its log what happened when."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import aiohttp

from benchmarks.make_run import MadeRun, make_run, until_open
from tests.support.shop import ORDER

PAUSE_SECONDS = 0.002
FIRST_ORDER_SECONDS = 60.0

_EVENTS = {
    ("child.started", "emulator"): "the emulator's process is started",
    ("child.started", "counter"): "the counter's process is started",
    ("child.started", "barista-1"): "the barista's process is started",
    ("service.listening", "counter"): "the counter listens",
    ("live.open", None): "events are streamed",
    ("topology.restored", None): "topics and queues are there",
}
"""What the log tells of a start, by the event and the child or the service that it names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One start: seconds from the command until its first order, and until each event of its log.

    `refused` are the answers before that were no 201. `cpu_seconds` is the CPU time of all
    processes until the shop was open.
    """

    first_order: float
    opened: float
    refused: int
    cpu_seconds: float
    events: Mapping[str, float]


async def start(folder: Path) -> Start:
    """Run `make run`, and order until an order is accepted; then wait until the shop is open."""
    folder.with_suffix(".log").unlink(missing_ok=True)
    began, clock = time.monotonic(), dt.datetime.now(dt.UTC)
    async with make_run(folder) as shop:
        refused = await _order(shop.url)
        first_order = time.monotonic() - began
        await until_open(shop)
        opened = time.monotonic() - began
        return Start(
            first_order=first_order,
            opened=opened,
            refused=refused,
            cpu_seconds=_cpu_seconds(shop),
            events=_events(shop.log, clock),
        )


async def _order(url: str) -> int:
    """Order until it is accepted; return how often it was refused with an answer."""
    refused = 0
    timeout = aiohttp.ClientTimeout(total=FIRST_ORDER_SECONDS)
    async with asyncio.timeout(FIRST_ORDER_SECONDS), aiohttp.ClientSession(timeout=timeout) as http:
        while True:
            try:
                async with http.post(f"{url}/orders", json=ORDER) as response:
                    if response.status == HTTPStatus.CREATED:
                        return refused
                    refused += 1
            except aiohttp.ClientError:
                await asyncio.sleep(PAUSE_SECONDS)


def _cpu_seconds(shop: MadeRun) -> float:
    times = [process.cpu_times() for process in shop.processes()]
    return sum(each.user + each.system for each in times)


def _events(log: Path, began: dt.datetime) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for line in log.read_text().splitlines():
        if not line.startswith("{"):
            continue
        entry = json.loads(line)
        what = _EVENTS.get((entry["event"], entry.get("child") or entry.get("name")))
        if what is not None:
            at = dt.datetime.fromisoformat(entry["timestamp"]) - began
            found.setdefault(what, at.total_seconds())
    return found
