"""The commands as people run them: real processes, which speak to a stand-in for a shop."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.support.command_line import coffeeshop
from tests.support.shop_stand_in import StandIn, problem, stand_in


@pytest.fixture
async def shop() -> AsyncIterator[StandIn]:
    async with stand_in() as shop:
        yield shop


async def advance(shop: StandIn, *states: str) -> None:
    """Move the only order on, once somebody follows it."""
    await shop.streaming.wait()
    (order,) = shop.orders.values()
    for state in states:
        shop.advance(order, state)


async def test_no_command_waits_for_services_to_load_that_it_does_not_run() -> None:
    loaded = "import sys, shop.cli; print(*{name.split('.')[0] for name in sys.modules})"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", loaded), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert not {"botocore", "producer", "worker", "notifier"} & set(out.decode().split())


async def test_an_order_is_followed_until_it_is_ready(shop: StandIn) -> None:
    ordering = asyncio.create_task(
        coffeeshop("order", "latte:large+decaf*2", "--name", "Ada", COFFEE_URL=shop.url)
    )
    await advance(shop, "preparing", "ready")
    outcome = await ordering

    assert outcome.code == 0
    assert outcome.lines[0].startswith(
        "Order 001 for Ada: 2 x Caffè latte, large + decaf; 4.50 USD"
    )
    assert outcome.lines[2:] == [
        "001  placed",
        "001  preparing after 1.0 s",
        "001  ready after 2.0 s",
    ]


async def test_a_broken_stream_is_resumed_where_it_broke(shop: StandIn) -> None:
    shop.break_stream_after = 2
    ordering = asyncio.create_task(coffeeshop("order", COFFEE_URL=shop.url))
    await advance(shop, "preparing")
    while len(shop.last_event_ids) < 2:
        shop.streaming.clear()
        await shop.streaming.wait()
    await advance(shop, "ready")

    assert (await ordering).code == 0
    assert shop.last_event_ids == [None, f"{shop.keys[0]}:2"]


async def test_changes_that_did_not_arrive_are_read_from_the_order(shop: StandIn) -> None:
    shop.steps = ("preparing", "ready")

    outcome = await coffeeshop("order", COFFEE_URL=shop.url)

    assert outcome.code == 0
    assert [line.split()[1] for line in outcome.lines[2:]] == ["placed", "preparing", "ready"]


async def test_an_order_that_will_not_be_ready_is_a_failure(shop: StandIn) -> None:
    shop.steps = ("canceled",)

    assert (await coffeeshop("order", COFFEE_URL=shop.url)).code == 1


async def test_an_order_that_takes_too_long_is_a_failure(shop: StandIn) -> None:
    outcome = await coffeeshop("order", "--timeout", "0.2", COFFEE_URL=shop.url)

    assert outcome.code == 1
    assert outcome.lines[-1] == "001  still placed after 0.2 s"


async def test_an_order_need_not_be_followed(shop: StandIn) -> None:
    outcome = await coffeeshop("order", "--no-follow", COFFEE_URL=shop.url)

    assert outcome.code == 0
    assert outcome.lines[-1] == f"{shop.url}/orders/{shop.keys[0]}"


async def test_errors_in_an_order_are_shown_with_their_pointers(shop: StandIn) -> None:
    errors = [{"pointer": "/items/0/size", "detail": "there is no such size"}]
    shop.refusals = [problem(422, "not-on-the-menu", "We do not sell that", errors=errors)]

    outcome = await coffeeshop("order", "latte:huge", COFFEE_URL=shop.url)

    assert outcome.code == 2
    assert outcome.err.splitlines() == [
        "We do not sell that: …",
        "  /items/0/size: there is no such size",
    ]


async def test_an_order_that_is_refused_for_now_is_sent_again_under_its_key(shop: StandIn) -> None:
    shop.refusals = [problem(503, "unavailable", "Not now", retry_after="0")]

    outcome = await coffeeshop("order", "--no-follow", COFFEE_URL=shop.url)

    assert outcome.code == 0
    assert len(shop.keys) == 2
    assert len(set(shop.keys)) == 1


async def test_an_order_that_is_not_understood_is_not_sent(shop: StandIn) -> None:
    outcome = await coffeeshop("order", "a large latte", COFFEE_URL=shop.url)

    assert outcome.code == 2
    assert "latte:large+oat-milk*2" in outcome.err
    assert shop.keys == []


async def test_where_no_shop_is_the_error_says_how_to_start_one(unused_tcp_port: int) -> None:
    outcome = await coffeeshop("order", COFFEE_PORT=str(unused_tcp_port))

    assert outcome.code == 3
    assert outcome.err == (
        f"No shop answers at http://127.0.0.1:{unused_tcp_port}; start one with `coffeeshop run`.\n"
    )


async def test_an_invalid_address_is_named_as_such() -> None:
    outcome = await coffeeshop("menu", "--url", "coffee.example")

    assert outcome.code == 2
    assert "is not the address of a shop" in outcome.err


async def test_staff_list_orders_with_the_key_in_the_state_folder(
    shop: StandIn, tmp_path: Path
) -> None:
    (tmp_path / "staff-key").write_text(f"{shop.staff_key}\n")
    for name in ("Ada", "Grace"):
        await coffeeshop("order", "--no-follow", "--name", name, COFFEE_URL=shop.url)
    shop.advance(shop.orders[shop.keys[0]], "canceled")

    every = await coffeeshop("orders", COFFEE_URL=shop.url, COFFEE_STATE_DIR=str(tmp_path))
    placed = await coffeeshop(
        *("orders", "--state", "placed"), COFFEE_URL=shop.url, COFFEE_STAFF_KEY=shop.staff_key
    )

    assert every.code == 0
    heads = [line for line in every.lines[1:] if not line.startswith(" ")]
    assert [line.split()[:2] for line in heads] == [
        ["002", "placed"],
        ["001", "canceled"],
    ]
    assert shop.keys[0] in every.out
    assert "Ada" not in placed.out


async def test_a_long_list_is_gathered_from_its_pages(shop: StandIn) -> None:
    key = {"COFFEE_URL": shop.url, "COFFEE_STAFF_KEY": shop.staff_key}
    await coffeeshop("load", "--orders", "120", "--rate", "1000", "--timeout", "1", **key)

    outcome = await coffeeshop("orders", "--limit", "110", "--json", **key)

    numbers = [order["number"] for order in json.loads(outcome.out)]
    assert numbers == [f"{number:03}" for number in range(120, 10, -1)]


async def test_a_wrong_or_missing_staff_key_is_named_as_such(shop: StandIn) -> None:
    missing = await coffeeshop("orders", COFFEE_URL=shop.url)
    wrong = await coffeeshop("orders", COFFEE_URL=shop.url, COFFEE_STAFF_KEY="wrong")

    assert (missing.code, wrong.code) == (1, 1)
    assert "COFFEE_STAFF_KEY" in missing.err
    assert "Authentication is required" in wrong.err


async def load(shop: StandIn, *arguments: str) -> tuple[int, dict[str, object]]:
    outcome = await coffeeshop(
        *("load", "--orders", "30", "--rate", "300", "--json", *arguments),
        COFFEE_URL=shop.url,
        COFFEE_STAFF_KEY=shop.staff_key,
    )
    return outcome.code, json.loads(outcome.out)


async def test_a_load_that_becomes_ready_whole_is_a_success(shop: StandIn) -> None:
    shop.steps = ("preparing", "ready")
    shop.refusals = [
        problem(429, "too-many-requests", "Slow down", retry_after="0") for _ in range(3)
    ]
    shop.resets = 2

    code, report = await load(shop, "--seed", "1")

    assert code == 0
    assert report["placed"] == report["ready"] == 30
    assert report["retries"] == 5
    assert (report["lost"], report["duplicates"], report["errors"]) == (0, 0, {})
    assert report["audited"] is True
    assert report["ready_seconds"] == {"p50": 2.0, "p95": 2.0, "p99": 2.0, "max": 2.0}


async def test_customers_who_load_a_shop_read_every_order(shop: StandIn) -> None:
    shop.steps = ("preparing", "ready")

    outcome = await coffeeshop("load", "--orders", "30", "--rate", "300", COFFEE_URL=shop.url)

    assert outcome.code == 0
    assert "list not seen" in outcome.out
    assert set(shop.read_orders) == set(shop.orders)
    assert shop.last_event_ids == []


async def test_orders_that_never_become_ready_are_lost(shop: StandIn) -> None:
    code, report = await load(shop, "--timeout", "1")

    assert code == 1
    assert (report["placed"], report["lost"]) == (30, 30)


async def test_orders_that_end_otherwise_are_errors_and_no_loss(shop: StandIn) -> None:
    shop.steps = ("failed",)

    code, report = await load(shop)

    assert code == 1
    assert (report["lost"], report["errors"]) == (0, {"order failed": 30})


async def test_orders_that_are_refused_are_errors(shop: StandIn) -> None:
    shop.steps = ("preparing", "ready")
    shop.refusals = [problem(409, "shop-closed", "We are closed") for _ in range(2)]

    code, report = await load(shop)

    assert code == 1
    assert (report["placed"], report["errors"]) == (28, {"409": 2})


async def test_an_order_that_is_stored_twice_is_found_in_the_list(shop: StandIn) -> None:
    shop.steps = ("preparing", "ready")
    shop.doubles = True
    shop.resets = 2

    code, report = await load(shop)

    assert code == 1
    assert report["duplicates"] == 2


async def test_the_same_seed_orders_the_same(shop: StandIn) -> None:
    shop.steps = ("preparing", "ready")
    await load(shop, "--seed", "7")
    await load(shop, "--seed", "7")

    # Placed at once, they may arrive in any order.
    orders = sorted(shop.orders.values(), key=lambda order: order["customer_name"])
    items = [order["items"] for order in orders]
    assert items[:30] == items[30:]
    assert len(items) == 60


async def test_the_version_is_that_of_the_package() -> None:
    assert (await coffeeshop("--version")).out == f"coffeeshop {version('coffeeshop')}\n"
