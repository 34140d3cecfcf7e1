"""AWS fails now and then, slows down, stops answering, fails half a batch, delivers thrice."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest

from shared.aws.batcher import MAX_TRIES
from shared.domain.order import OrderState
from tests.chaos.driver import open_chaos_shop
from tests.chaos.run import LONG, Run
from tests.support.faults.rules import (
    Delay,
    Fail,
    FailEntries,
    Fault,
    LoseAnswer,
    Redeliver,
    Repeat,
    Rule,
    Silence,
    Throttle,
)

pytestmark = pytest.mark.timeout(900 if LONG else 120)

COLLECTED, CANCELED = OrderState.COLLECTED, OrderState.CANCELED
AT_ONCE = 20
BACK_WITHIN = 10
"""Seconds within which an order is ready once AWS works again."""

ONCE_EACH = ("SendMessageBatch", "PublishBatch", "DeleteMessageBatch")
"""The batches whose entries must not be sent again once confirmed."""

EXTENSIONS = "ChangeMessageVisibilityBatch"
GATHERING_SECONDS = 0.1
"""How long a batch takes, so that others gather meanwhile."""

LEASE_SECONDS = 6
SEVERAL_TICKETS_IN_HAND = {
    "COFFEE_WORKER_CONCURRENCY": "30",
    "COFFEE_BREW_SPEED": "60",
    "COFFEE_VISIBILITY_TIMEOUT": str(LEASE_SECONDS),
}
"""And some for so long that their leases are extended."""


async def test_nothing_is_lost_or_made_twice_when_a_fifth_of_all_calls_fail(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    orders = run.size(100, 1000)
    async with open_chaos_shop(ministack, tmp_path, run.seed, baristas=2) as shop:
        shop.faults.set(
            Rule("*", Fail(503, "ServiceUnavailable"), 0.05),
            Rule("*", Fail(500, "InternalError"), 0.05),
            Rule("*", Throttle(), 0.05),
            Rule("*", LoseAnswer(), 0.05),
        )
        await shop.customers.live_all(orders, 20)
        evidence = await run.judged(shop, "20 % of calls: 5xx, throttles, resets after the effect")
        assert {order.state for order in evidence.orders} <= {COLLECTED, CANCELED}
        assert len(evidence.orders) == orders
        assert {fault for _, fault in shop.faults.met} == {"Fail", "Throttle", "LoseAnswer"}


async def test_nothing_is_made_twice_when_requests_are_repeated_on_their_way(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    async with open_chaos_shop(ministack, tmp_path, run.seed, baristas=2) as shop:
        shop.faults.set(Rule("*Batch", Repeat(2), 0.5))
        await shop.customers.place_all(run.size(60, 600), 20)
        evidence = await run.judged(shop, "half of the batches twice")
        assert {order.state for order in evidence.orders} == {OrderState.READY}


@pytest.mark.parametrize(
    "fault", [Delay(5), Silence()], ids=["5 s latency", "accepted and never answered"]
)
async def test_every_request_ends_at_its_own_time_out_and_nothing_piles_up(
    ministack: str, tmp_path: Path, run: Run, fault: Fault
) -> None:
    order_seconds = 2
    async with open_chaos_shop(
        ministack, tmp_path, run.seed, COFFEE_ORDER_SECONDS=str(order_seconds)
    ) as shop:
        shop.faults.set(Rule("*", fault))
        wanted = await shop.customers.plan(AT_ONCE, 1000)
        for _ in range(2):
            replies = await asyncio.gather(*map(shop.customers.ask, wanted))
            assert [one and one.status for one in replies] == [503] * AT_ONCE
            assert max(one.answered_at - one.sent_at for one in replies if one) < order_seconds + 1
        assert shop.counter_proxy.most_under_way <= AT_ONCE
        shop.faults.set()
        back_at = time.monotonic()
        await asyncio.gather(*map(shop.customers.place, wanted))
        evidence = await run.judged(shop, f"{type(fault).__name__}")
        assert {order.state for order in evidence.orders} == {OrderState.READY}
        assert time.monotonic() - back_at < BACK_WITHIN


async def test_only_the_entries_that_failed_are_sent_again(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    """None fails so often that the batcher gives up on it."""
    orders, entries_fail = run.size(100, 1500), FailEntries(times=MAX_TRIES - 1)
    async with open_chaos_shop(
        ministack, tmp_path, run.seed, baristas=2, **SEVERAL_TICKETS_IN_HAND
    ) as shop:
        shop.faults.set(Rule("*Batch", Delay(GATHERING_SECONDS)), Rule("*Batch", entries_fail))
        await shop.customers.place_all(orders, 100)
        evidence = await run.judged(shop, "1 to 9 of 10 entries fail")
        assert {order.state for order in evidence.orders} == {OrderState.READY}
        batches, entries = (*ONCE_EACH, EXTENSIONS), shop.faults.entries
        assert [action for action in batches if entries.failures(action) == 0] == []
        assert [entries.sent_needlessly(action) for action in ONCE_EACH] == [[], [], []]
        assert entries.sent_needlessly(EXTENSIONS, within=LEASE_SECONDS / 3) == []


async def test_nothing_is_lost_or_made_twice_when_entries_fail_until_nobody_sends_them_again(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    orders = run.size(50, 500)
    async with open_chaos_shop(ministack, tmp_path, run.seed, baristas=2) as shop:
        shop.faults.set(Rule("*Batch", FailEntries()))
        await shop.customers.place_all(orders, 150)
        evidence = await run.judged(shop, "1 to 9 of 10 entries fail, however often")
        assert {order.state for order in evidence.orders} == {OrderState.READY}
        assert Counter(shop.witness.seen.tickets.values()) == {1: orders}
        assert shop.faults.entries.failures("SendMessageBatch") > 0


async def test_every_order_is_ready_once_when_every_ticket_is_delivered_three_times(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    async with open_chaos_shop(
        ministack, tmp_path, run.seed, baristas=2, COFFEE_BREW_SPEED="600"
    ) as shop:
        shop.faults.set(Rule("ReceiveMessage", Redeliver(3)))
        await shop.customers.place_all(run.size(60, 600), 20)
        evidence = await run.judged(shop, "every message received three times and shuffled")
        assert {order.state for order in evidence.orders} == {OrderState.READY}
