"""Somebody who orders steadily, in a process of their own: the crowd must not slow their clock."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import aiohttp

from tests.support.shop import ORDER

PER_SECOND = 5


@dataclass(frozen=True, slots=True)
class Placed:
    """When an order was asked for, by the clock of all processes, and the seconds it took."""

    at: float
    seconds: float


def place_orders(url: str, key: str, seconds: float) -> list[Placed]:
    """Place orders at a steady pace, whatever becomes of those before."""
    return asyncio.run(_place_steadily(url, key, seconds))


async def _place_steadily(url: str, key: str, seconds: float) -> list[Placed]:
    headers = {"Authorization": f"Bearer {key}"}
    placing, start = [], time.monotonic()
    async with aiohttp.ClientSession(url, headers=headers) as client, asyncio.TaskGroup() as group:
        for step in range(round(seconds * PER_SECOND)):
            await asyncio.sleep(start + step / PER_SECOND - time.monotonic())
            placing.append(group.create_task(_place(client)))
    return [task.result() for task in placing]


async def _place(client: aiohttp.ClientSession) -> Placed:
    began = time.monotonic()
    async with client.post("/orders", json=ORDER) as response:
        if not response.ok:
            raise ConnectionError(await response.text())
        await response.read()
    return Placed(began, time.monotonic() - began)
