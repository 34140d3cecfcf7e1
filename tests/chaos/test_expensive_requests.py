"""Customers are served beside clients that send the most expensive requests that there are."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest

from benchmarks.requests.__main__ import measure
from benchmarks.requests.variants import Variant
from tests.support.shop import ORDER, RunningShop, open_shop

pytestmark = pytest.mark.timeout(300)

CONNECTIONS = 32
SECONDS = 6
ANSWERED_WITHIN = 0.5
"""Seconds, for 95 of 100 orders of others."""

MOST_MILLISECONDS = 25
"""Of CPU, for one request of anybody; an order of twenty lines takes most of it."""


async def test_orders_are_placed_beside_the_most_expensive_request_of_each_operation(
    tmp_path: Path,
) -> None:
    worst = sorted(
        (found[0] for found in await measure(2)), key=lambda cost: cost.milliseconds, reverse=True
    )
    assert worst[0].milliseconds < MOST_MILLISECONDS
    async with open_shop(tmp_path / "shop") as shop:
        for variants in ([worst[0].variant], [worst[1].variant], [one.variant for one in worst]):
            attack = asyncio.create_task(attacked(shop, variants))
            seconds = await orders_of_others(shop, attack)
            assert await attack > CONNECTIONS
            assert statistics.quantiles(seconds, n=20)[-1] < ANSWERED_WITHIN


async def attacked(shop: RunningShop, variants: Sequence[Variant]) -> int:
    """Send requests over all connections, one after the other; give how many."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.requests.attack"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    wanted = {
        "url": shop.url,
        "source": "127.0.0.2",
        "seconds": SECONDS,
        "connections": CONNECTIONS,
        "wires": [base64.b64encode(variant.wire).decode() for variant in variants],
    }
    sent, _ = await process.communicate(json.dumps(wanted).encode())
    return int(sent)


async def orders_of_others(shop: RunningShop, attack: asyncio.Task[int]) -> list[float]:
    """Place orders during an attack, each from another address; give how long each took."""
    seconds: list[float] = []
    for host in itertools.count(2):
        if attack.done():
            break
        connector = aiohttp.TCPConnector(local_addr=(f"127.0.1.{host}", 0))
        async with aiohttp.ClientSession(connector=connector) as http:
            began = time.monotonic()
            async with http.post(f"{shop.url}/orders", json=ORDER) as response:
                assert response.status == 201
                await response.read()
            seconds.append(time.monotonic() - began)
        await asyncio.sleep(0.1)
    return seconds
