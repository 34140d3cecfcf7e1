"""The commands for the counter, as people run them: real processes, against a real cashier."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shared.domain.order import OrderState
from tests.support.cashier import ServedCashier
from tests.support.command_line import Outcome, run
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
    assert (early.code, early.err) == (1, "No order 001 is ready.\n")
    for order in (by_number, by_id):
        await new_cashier.moved(str(order["id"]), OrderState.PREPARING, OrderState.READY)
    assert (await command(new_cashier, "collect", "1")).out == "Order 001 for Ada is collected.\n"
    assert (await command(new_cashier, "collect", str(by_id["id"]))).code == 0


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
