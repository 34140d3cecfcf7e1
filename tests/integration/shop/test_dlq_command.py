"""`coffeeshop dlq` as staff run it: a real process, against a real cashier and queue."""

from __future__ import annotations

import asyncio
import json

import pytest

from shared.domain.order import OrderState
from tests.support.cashier import ServedCashier
from tests.support.command_line import Outcome, run
from tests.support.web import STAFF_KEY

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def dlq(cashier: ServedCashier, *arguments: str, key: str = STAFF_KEY) -> Outcome:
    return await run(str(cashier.url), "dlq", *arguments, COFFEE_STAFF_KEY=key)


async def failed(cashier: ServedCashier, count: int) -> list[str]:
    """Place orders whose tickets become dead letters."""
    order_ids = [(await cashier.place()).body["id"] for _ in range(count)]
    await cashier.bury_all("the machine is broken")
    for order_id in order_ids:
        await cashier.moved(order_id, OrderState.FAILED)
    return order_ids


async def test_dead_letters_are_listed_as_a_table_and_as_json(new_cashier: ServedCashier) -> None:
    assert (await dlq(new_cashier, "list")).out == "No dead letters.\n"
    await failed(new_cashier, 3)

    table = await dlq(new_cashier, "list", "--limit", "2")
    as_json = await dlq(new_cashier, "list", "--json")

    letters = json.loads(as_json.out)
    assert (table.code, as_json.code, len(letters)) == (0, 0, 3)
    heads, *rows, sum_up = table.out.splitlines()
    assert heads.split() == ["No.", "State", "Id"]
    assert ["failed" in row for row in rows] == [True, False, False] * 2
    assert [row.strip() for row in rows[2::3]] == ["the machine is broken"] * 2
    assert sum_up == "2 of 3"
    shown = await dlq(new_cashier, "show", letters[0]["id"])
    assert json.loads(json.loads(shown.out)["body"])["order_id"] == letters[0]["order_id"]
    assert "Ada" not in table.out + as_json.out + shown.out


async def test_a_dead_letter_that_is_not_there_is_a_failure(cashier: ServedCashier) -> None:
    outcome = await dlq(cashier, "show", "0000-0000")
    assert outcome.code == 1
    assert "no dead letter is known under that id" in outcome.err


async def test_all_are_redriven_at_the_rate_given_after_a_dry_run(
    new_cashier: ServedCashier,
) -> None:
    order_ids = await failed(new_cashier, 5)

    trial = await dlq(new_cashier, "redrive", "--all", "--dry-run")
    assert (trial.code, trial.out) == (0, "Would redrive 5 of 5\n")
    assert await new_cashier.take_tickets() == []

    loop = asyncio.get_running_loop()
    began = loop.time()
    outcome = await dlq(new_cashier, "redrive", "--all", "--rate", "2")
    assert (outcome.code, outcome.out) == (0, "Redriven: 5 of 5\n")
    assert loop.time() - began >= 2
    tickets = [json.loads(ticket.body)["order_id"] for ticket in await new_cashier.take_tickets()]
    assert sorted(tickets) == sorted(order_ids)
    assert (await dlq(new_cashier, "list")).out == "No dead letters.\n"


async def test_what_lies_behind_much_that_cannot_be_redriven_is_redriven(
    new_cashier: ServedCashier,
) -> None:
    await new_cashier.send(*(f"poison {number}" for number in range(25)))
    order_ids = await failed(new_cashier, 3)

    trial = await dlq(new_cashier, "redrive", "--all", "--dry-run")
    outcome = await dlq(new_cashier, "redrive", "--all", "--rate", "2")

    assert (trial.code, trial.out) == (1, "Would redrive 3 of 28\n")
    assert (outcome.code, outcome.out) == (1, "Redriven: 3 of 28\n")
    assert outcome.err.count("not a ticket") == 25
    tickets = [json.loads(ticket.body)["order_id"] for ticket in await new_cashier.take_tickets()]
    assert sorted(tickets) == sorted(order_ids)


async def test_what_cannot_be_redriven_is_named_and_is_a_failure(
    new_cashier: ServedCashier,
) -> None:
    await new_cashier.send("poison")
    await failed(new_cashier, 1)
    letters = {
        letter["order_state"]: letter["id"]
        for letter in json.loads((await dlq(new_cashier, "list", "--json")).out)
    }

    outcome = await dlq(new_cashier, "redrive", letters[None], letters["failed"])

    assert (outcome.code, outcome.out) == (1, "Redriven: 1 of 2\n")
    assert outcome.err == f"{letters[None]}: not a ticket\n"


async def test_purging_asks_first(new_cashier: ServedCashier) -> None:
    assert (await dlq(new_cashier, "purge")).out == "No dead letters.\n"
    await failed(new_cashier, 2)

    unanswered = await dlq(new_cashier, "purge")
    assert unanswered.code == 1
    assert "Delete 2 dead letters for good?" in unanswered.out
    assert (await dlq(new_cashier, "list", "--json")).out.count('"id"') == 2

    sure = await dlq(new_cashier, "purge", "--yes")
    assert (sure.code, sure.out) == (0, "Purged: 2\n")
    assert (await dlq(new_cashier, "list")).out == "No dead letters.\n"


@pytest.mark.parametrize("arguments", [(), ("--all", "0000-0000"), ("--all", "--rate", "0")])
async def test_a_redrive_that_makes_no_sense_is_misuse(
    cashier: ServedCashier, arguments: tuple[str, ...]
) -> None:
    assert (await dlq(cashier, "redrive", *arguments)).code == 2


async def test_a_wrong_staff_key_is_named_as_such(cashier: ServedCashier) -> None:
    outcome = await dlq(cashier, "list", key="wrong")
    assert outcome.code == 1
    assert outcome.err.splitlines() == [
        "Authentication is required: this is not a staff key",
        "The staff key was read from COFFEE_STAFF_KEY.",
    ]
