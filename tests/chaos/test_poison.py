"""One ticket in a hundred can never be served."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import Counter
from pathlib import Path

import pytest

from shared.domain.order import OrderState
from tests.chaos.driver import open_chaos_shop
from tests.chaos.run import LONG, Run

pytestmark = [
    pytest.mark.timeout(900 if LONG else 120),
    # aiohttp's advice to whoever sends more than 1 MiB; that much is what this is about.
    pytest.mark.filterwarnings("ignore:Sending a large body"),
]

KIB, MIB = 2**10, 2**20
UNHINDERED_SECONDS = 3


def poison(kind: str) -> str:
    unique = secrets.token_hex(8)
    ticket = {"order_id": unique, "store_id": "main", "correlation_id": unique}
    return {
        "not JSON": f"one latte, please {unique}",
        "of another schema": json.dumps({**ticket, "tip": 1}),
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
        await asyncio.gather(shop.send_poison(*bodies), shop.customers.place_all(orders, 25))
        evidence = await run.judged(shop, "poison tickets")
        assert {order.state for order in evidence.orders} == {OrderState.READY}
        slowest = max(order.since - order.placed_at for order in evidence.orders)
        assert slowest.total_seconds() < UNHINDERED_SECONDS
        assert Counter(letter.body for letter in evidence.dead_letters) == Counter(bodies)
