"""`coffeeshop keys` and `changes` as staff run them: a real process, against a real cashier."""

from __future__ import annotations

import json

import pytest

from tests.support.cashier import ServedCashier
from tests.support.command_line import Outcome, run
from tests.support.web import STAFF_KEY

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def command(cashier: ServedCashier, *arguments: str, key: str = STAFF_KEY) -> Outcome:
    return await run(str(cashier.url), *arguments, COFFEE_STAFF_KEY=key)


async def test_a_barista_is_given_a_key_works_with_it_and_loses_it(
    new_cashier: ServedCashier,
) -> None:
    assert (await command(new_cashier, "keys", "list")).out == "No staff key but the owner's.\n"
    said, key = (await command(new_cashier, "keys", "add", "Ada")).lines
    assert said == "The barista's key of Ada, shown this once:"
    added = json.loads(
        (await command(new_cashier, "keys", "add", "Grace", "--role", "manager", "--json")).out
    )
    listed = await command(new_cashier, "keys", "list", key=added["key"])
    heads, *rows = listed.lines
    assert heads.split()[0] == "Role"
    assert [row.split()[0] for row in rows] == ["barista", "made", "manager", "made"]
    assert key not in listed.out

    assert (await command(new_cashier, "sold-out", "croissant", key=key)).code == 0
    refused = await command(new_cashier, "keys", "list", key=key)
    assert (refused.code, "The key is not good for this" in refused.err) == (1, True)
    assert "The staff key was read from COFFEE_STAFF_KEY." in refused.err

    withdrawn = await command(new_cashier, "keys", "withdraw", "Ada")
    again = await command(new_cashier, "keys", "withdraw", "Ada")
    assert (withdrawn.code, withdrawn.out) == (0, "The key of Ada is withdrawn.\n")
    assert (again.code, again.err) == (1, "No staff key has that name or id.\n")
    by_id = await command(new_cashier, "keys", "withdraw", added["id"])
    assert by_id.out == "The key of Grace is withdrawn.\n"


async def test_a_link_has_the_key_where_no_server_gets_it(new_cashier: ServedCashier) -> None:
    link = (await command(new_cashier, "keys", "link")).out.strip()
    assert link == f"{new_cashier.url}/staff/sign-in#key={STAFF_KEY}"
    refused = await command(new_cashier, "keys", "link", key="a-key-that-nobody-has-ever-made")
    assert (refused.code, refused.out) == (1, "")
    assert "this is not a staff key" in refused.err


async def test_who_changed_what_is_shown_the_newest_first(new_cashier: ServedCashier) -> None:
    await command(new_cashier, "pause", "--reason", "A short break")
    await command(new_cashier, "open")
    shown = await command(new_cashier, "changes", "--limit", "1")
    heads, row, detail = shown.lines
    assert heads.split()[0] == "When"
    assert row.split()[-2:] == ["shop", "owner"]
    assert detail.strip() == "open"
    as_json = json.loads((await command(new_cashier, "changes", "--json")).out)
    assert [one["detail"] for one in as_json] == ["open", "paused (A short break)", "version 1"]
