"""One ticket in a hundred can never be served."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import secrets
from collections.abc import Sequence
from pathlib import Path

import pytest

from shared.clock import utc_now
from shared.domain.order import Order, OrderState
from tests.chaos.driver import open_chaos_shop
from tests.chaos.run import LONG, Run

pytestmark = [
    pytest.mark.timeout(900 if LONG else 120),
    # aiohttp warns of bodies above 1 MiB, which this test needs.
    pytest.mark.filterwarnings("ignore:Sending a large body"),
]

KIB, MIB = 2**10, 2**20
A_MOMENT = dt.timedelta(seconds=2)
"""Shorter than the wait for a ticket that is received again."""


def poison(kind: str) -> str:
    unique = secrets.token_hex(8)
    ticket = {"order_id": unique, "store_id": "main", "correlation_id": unique}
    return {
        "not JSON": f"one latte, please {unique}",
        "of another schema": json.dumps({**ticket, "version": "latest"}),
        "of no order": json.dumps(ticket),
        "of almost 1 MiB": unique.ljust(MIB - KIB, "x"),
        "of 1 MiB": unique.ljust(MIB, "x"),
    }[kind]


KINDS = ["not JSON", "of another schema", "of no order", "of almost 1 MiB", "of 1 MiB"]


async def test_poison_becomes_dead_letters_with_a_reason_and_hinders_nobody(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    orders = run.size(100, 1000)
    async with open_chaos_shop(ministack, tmp_path, run.seed, baristas=2) as shop:
        bodies = [poison(kind) for kind in KINDS for _ in range(orders // 100)]
        await shop.customers.place_all(orders // 2, 25)
        poisoned_at = utc_now()
        await asyncio.gather(shop.send_poison(*bodies), shop.customers.place_all(orders // 2, 25))
        evidence = await run.judged(shop, "1 % poison tickets")
        assert {order.state for order in evidence.orders} == {OrderState.READY}
        before, after = slowest(evidence.orders, poisoned_at)
        assert after < 2 * before + A_MOMENT
        assert len(evidence.dead_letters) == len(bodies)


def slowest(orders: Sequence[Order], poisoned_at: dt.datetime) -> list[dt.timedelta]:
    """Say how long the slowest order took, before there was any poison and after."""
    return [
        max(o.since - o.placed_at for o in orders if (o.placed_at >= poisoned_at) is late)
        for late in (False, True)
    ]
