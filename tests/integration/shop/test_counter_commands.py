"""The commands for the counter, as people run them: real processes, against a real cashier."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest

from shared.clock import utc_now
from shared.domain.order import Order, OrderState, TimelineEntry, claim
from tests.support.cashier import ServedCashier
from tests.support.command_line import Outcome, run
from tests.support.orders import an_order
from tests.support.web import STAFF_KEY

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def command(cashier: ServedCashier, *arguments: str, **variables: str) -> Outcome:
    return await run(str(cashier.url), *arguments, **{"COFFEE_STAFF_KEY": STAFF_KEY, **variables})


async def placed(cashier: ServedCashier, *arguments: str) -> dict[str, object]:
    outcome = await command(cashier, "order", *arguments, "--name", "Ada", "--json")
    assert outcome.code == 0, outcome
    return dict(json.loads(outcome.out))


async def test_an_order_is_canceled_once(cashier: ServedCashier) -> None:
    order = await placed(cashier, "latte")
    first = await command(cashier, "cancel", str(order["id"]))
    second = await command(cashier, "cancel", str(order["id"]))
    assert (first.code, first.out) == (0, f"Order {order['number']} for Ada is canceled.\n")
    assert second.code == 1
    assert "cannot be canceled any more" in second.err


async def test_an_order_is_collected_by_its_number_or_its_id(new_cashier: ServedCashier) -> None:
    by_number, by_id = [await placed(new_cashier, "latte") for _ in range(2)]
    early = await command(new_cashier, "collect", str(by_number["number"]))
    assert (early.code, early.err) == (1, "No order 001 of the last 3 days is ready.\n")
    for order in (by_number, by_id):
        await new_cashier.moved(str(order["id"]), OrderState.PREPARING, OrderState.READY)
    assert (await command(new_cashier, "collect", "1")).out == "Order 001 for Ada is collected.\n"
    assert (await command(new_cashier, "collect", str(by_id["id"]))).code == 0


async def stored(
    cashier: ServedCashier, minutes_ago: float, day: dt.date, state: OrderState = OrderState.PLACED
) -> Order:
    """Have an order of that time in the store, in a state that it had from the beginning."""
    placed_at = utc_now() - dt.timedelta(minutes=minutes_ago)
    timeline = (TimelineEntry(state, placed_at),)
    order = replace(an_order(), state=state, timeline=timeline, business_day=day)
    return (await cashier.store.place(order, day)).order


async def test_a_number_means_the_newest_order_however_many_were_placed_since(
    new_cashier: ServedCashier,
) -> None:
    older = await stored(new_cashier, 61, dt.date(2026, 6, 1))
    newer = await stored(new_cashier, 60, dt.date(2026, 6, 2), OrderState.READY)
    assert (older.number, newer.number) == ("001", "001")
    for minutes_ago in range(50, 0, -1):
        for state in (OrderState.READY, OrderState.PLACED):
            await stored(new_cashier, minutes_ago, dt.date(2026, 6, 2), state)
    for order in (newer, older):
        canceled = json.loads((await command(new_cashier, "cancel", "1", "--json")).out)
        assert (canceled["id"], canceled["state"]) == (order.id, "canceled")


async def test_a_number_of_days_ago_means_no_order(new_cashier: ServedCashier) -> None:
    for _ in range(2):
        await stored(new_cashier, 4 * 24 * 60, dt.date(2026, 6, 1))
    assert (await command(new_cashier, "cancel", "1")).code == 0
    await stored(new_cashier, 0, dt.date(2026, 6, 5))
    refused = await command(new_cashier, "cancel", "2")
    said = "No order 2 of the last 3 days is placed or preparing or ready.\n"
    assert (refused.code, refused.err) == (1, said)


async def taken(cashier: ServedCashier, *arguments: str) -> Order:
    """Place an order by command, and let a barista claim it."""
    order = await cashier.store.get(str((await placed(cashier, *arguments))["id"]))
    assert order is not None
    claimed = claim(order, "a ticket", utc_now(), utc_now() + dt.timedelta(seconds=30))
    await cashier.store.replace(order, claimed)
    return claimed


async def test_the_kitchen_is_a_list_for_people_and_json_for_programs(
    new_cashier: ServedCashier,
) -> None:
    nothing = await command(new_cashier, "kitchen")
    assert nothing.out == "Nothing is to be made.\n"
    in_hand = await taken(new_cashier, "latte+oat-milk", "--note", "hot")
    waiting = await placed(new_cashier, "espresso")
    shown = await command(new_cashier, "kitchen")
    assert shown.lines[1].split()[:2] == ["001", "preparing"]
    assert shown.lines[2].strip() == "attempt 1; Ada"
    assert "1 x Caffè latte, medium + oat-milk (hot)" in shown.out
    line = json.loads((await command(new_cashier, "kitchen", "--json")).out)
    assert [order["id"] for order in line["orders"]] == [in_hand.id, waiting["id"]]


async def test_an_order_is_completed_by_its_number_and_remade_once_it_is_ready(
    new_cashier: ServedCashier,
) -> None:
    order = await taken(new_cashier, "latte")
    older = await command(new_cashier, "complete", order.id, "--attempt", "2")
    assert (older.code, "attempt 1 now, not by 2" in older.err) == (1, True)
    done = await command(new_cashier, "complete", "1")
    assert (done.code, done.out) == (0, "Order 001 for Ada is ready.\n")
    again = await command(new_cashier, "complete", "001")
    assert (again.code, again.err) == (1, "No order 001 of the last 3 days is preparing.\n")
    remade = json.loads((await command(new_cashier, "remake", "1", "--json")).out)
    assert (remade["remake_of"], remade["total"]) == (order.id, 0)


async def test_an_order_is_put_back_in_line_and_canceled_with_a_reason(
    new_cashier: ServedCashier,
) -> None:
    order = await taken(new_cashier, "latte")
    released = await command(new_cashier, "release", "001")
    assert released.out == "Order 001 for Ada is placed.\n"
    why = ("--reason", "We are out of milk", "--json")
    canceled = json.loads((await command(new_cashier, "cancel", "1", *why)).out)
    assert (canceled["id"], canceled["cancel_reason"]) == (order.id, "We are out of milk")


async def test_a_customer_cannot_cancel_what_a_barista_has_in_hand(
    cashier: ServedCashier, tmp_path: Path
) -> None:
    order = await taken(cashier, "latte")
    no_key = {"COFFEE_STAFF_KEY": "", "COFFEE_STATE_DIR": str(tmp_path)}
    refused = await command(cashier, "cancel", order.id, **no_key)
    assert (refused.code, "cannot be canceled any more" in refused.err) == (1, True)
    assert (await command(cashier, "cancel", order.id)).code == 0


async def test_the_shop_pauses_says_why_and_opens_again(new_cashier: ServedCashier) -> None:
    paused = await command(new_cashier, "pause", "--minutes", "10", "--reason", "A short break")
    assert paused.out.startswith("The shop is paused until ")
    refused = await command(new_cashier, "order", "latte")
    assert refused.code == 1
    assert "A short break" in refused.err
    assert (await command(new_cashier, "open")).out == "The shop is open.\n"
    assert (await command(new_cashier, "order", "latte", "--no-follow")).code == 0


async def test_an_item_is_sold_out_and_put_back(new_cashier: ServedCashier) -> None:
    gone = await command(new_cashier, "sold-out", "croissant")
    refused = await command(new_cashier, "order", "croissant")
    back = await command(new_cashier, "sold-out", "croissant", "--back")
    assert (gone.out, back.out) == ("Croissant is sold out.\n", "Croissant is on the menu.\n")
    assert (refused.code, "Croissant is sold out" in refused.err) == (2, True)
    assert (await command(new_cashier, "sold-out", "crossaint")).code == 1


async def test_sizes_may_be_left_out_and_each_item_may_have_a_note(cashier: ServedCashier) -> None:
    order = await placed(
        cashier, "latte+oat-milk", "espresso", "croissant", "--note", "hot", "--note", "short"
    )
    items = [dict(item) for item in order["items"]]  # type: ignore[attr-defined]
    assert [(item["size"], item["note"]) for item in items] == [
        ("medium", "hot"),
        ("single", "short"),
        ("regular", None),
    ]
    listed = await command(cashier, "orders", "--limit", "1")
    assert "1 x Caffè latte, medium + oat-milk (hot)" in listed.out
    assert (await command(cashier, "order", "latte", "--note", "a", "--note", "b")).code == 2


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("flat-wite", "flat-white"),
        ("latte:larg", "large"),
        ("latte:large+oatmilk", "oat-milk"),
        ("capuccino:small", "cappuccino"),
    ],
)
async def test_what_is_not_on_the_menu_is_answered_with_what_may_be_meant(
    cashier: ServedCashier, line: str, meant: str
) -> None:
    outcome = await command(cashier, "order", line)
    assert outcome.code == 2
    assert f"did you mean {meant}?" in outcome.err


async def test_the_menu_is_json_for_programs(cashier: ServedCashier) -> None:
    menu = json.loads((await command(cashier, "menu", "--json")).out)
    assert "latte" in [item["id"] for item in menu["items"]]


async def test_times_are_those_of_the_terminal_and_say_so(cashier: ServedCashier) -> None:
    order = await placed(cashier, "latte")
    hour = int(str(order["placed_at"])[11:13])
    outcome = await command(cashier, "orders", "--limit", "1", TZ="XYZ-3")
    assert "Placed (XYZ)" in outcome.lines[0]
    assert f" {(hour + 3) % 24:02}:" in outcome.lines[1]


async def test_a_wrong_key_is_called_wrong_and_a_missing_one_missing(
    cashier: ServedCashier, tmp_path: Path
) -> None:
    (tmp_path / "staff-key").write_text("wrong\n")
    wrong = await command(cashier, "open", COFFEE_STAFF_KEY="", COFFEE_STATE_DIR=str(tmp_path))
    assert wrong.code == 1
    assert wrong.err.splitlines() == [
        "Authentication is required: this is not a staff key",
        f"The staff key was read from {tmp_path}/staff-key.",
    ]
    missing = await cashier.ask("PUT", "/shop", {"state": "open"})
    assert missing.body["detail"].startswith("this is for staff: send a staff key")


@pytest.mark.parametrize("arguments", [("ordr",), ("order", "--nam", "Ada"), ("topics", "lst")])
async def test_a_misspelt_command_or_option_is_answered_with_what_there_is(
    cashier: ServedCashier, arguments: tuple[str, ...]
) -> None:
    outcome = await command(cashier, *arguments)
    assert outcome.code == 2
    assert "Did you mean" in outcome.err or "Possible options" in outcome.err
