"""Commands in a real terminal of 80 and of 60 columns, at a shop whose texts are hostile."""

from __future__ import annotations

import asyncio
import json
import re
import unicodedata
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.command_line import run
from tests.support.hostile_shop import (
    HEX_ID,
    OBEYED,
    ORDER_ID,
    TOPIC,
    UUID,
    hostile_shop,
)
from tests.support.pseudo_terminal import Shown, shown
from tests.support.shop import COFFEESHOP

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

AMOUNT = "1234567.89 USD"

TABLES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("orders",): (ORDER_ID, "042", "ready", AMOUNT, "2 x ", "large", "oat-milk"),
    ("menu",): ("latte", "sold out", ":" + "x" * 40, "+" + "x" * 40),
    ("dlq", "list"): (UUID, "042", "preparing", "attempts: 12"),
    ("topics", "list"): (TOPIC[:50], "123456"),
    ("topics", "show", HEX_ID): (HEX_ID, ORDER_ID, "delivered", "attempts: 3", "paused"),
    ("topics", "dead-letters"): (HEX_ID, "9", "1 of 2"),
    ("plan", "--orders-per-second", "500000", "--prep-seconds", "3600"): ("Fargate", "Total"),
}
"""Commands, and what of their tables may not be cut."""

OTHERS: tuple[tuple[str, ...], ...] = (
    ("order", "latte", "--name", "Ada"),
    ("order", "latte:large", "--json"),
    ("cancel", ORDER_ID),
    ("collect", "42"),
    ("pause",),
    ("sold-out", "latte"),
    ("dlq", "show", UUID),
    ("dlq", "redrive", UUID),
    ("orders", "--json"),
    ("topics", "subscribe", "coupons", "--email", "ada@example.com"),
    ("topics", "publish", "coupons", "--subject", "A", "--text", "B"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop() -> AsyncIterator[str]:
    async with hostile_shop() as url:
        yield url


async def at(shop: str, columns: int, *arguments: str) -> Shown:
    return await shown(columns, *arguments, COFFEE_URL=shop, COFFEE_STAFF_KEY="key")


def unseen(text: str) -> set[str]:
    """The characters of a text that a terminal obeys or hides, but for line breaks."""
    return {
        character
        for character in text
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character != "\n"
    }


@pytest.mark.parametrize("columns", [80, 60])
@pytest.mark.parametrize("command", TABLES, ids=" ".join)
async def test_a_table_fits_the_terminal_and_cuts_nothing_that_matters(
    shop: str, command: tuple[str, ...], columns: int
) -> None:
    table = await at(shop, columns, *command)
    assert table.code == 0, table.text
    assert table.width <= columns
    assert "…" not in table.text
    for whole in TABLES[command]:
        assert whole in table.text


@pytest.mark.parametrize("command", [*TABLES, *OTHERS], ids=" ".join)
async def test_no_text_of_a_shop_is_obeyed_by_the_terminal(
    shop: str, command: tuple[str, ...]
) -> None:
    outcome = await at(shop, 80, *command)
    assert unseen(outcome.text) == set(), outcome.text
    assert "\N{OPTICAL DISC}" not in outcome.text
    assert "Traceback" not in outcome.text


async def test_hostile_characters_are_shown_as_what_they_are(shop: str) -> None:
    listed = (await at(shop, 80, "orders")).text.replace("\n", "")
    for code in (r"\x1b[31m", r"\x9b2J", r"\u202e", r"\u2066", r"\u200b", r"\u2028", r"\U000e0041"):
        assert code in listed
    assert "[red]b[/red]" in listed
    assert ":cd:" in listed


async def test_json_on_a_terminal_is_safe_and_means_the_same(shop: str) -> None:
    outcome = await at(shop, 80, "dlq", "show", UUID)
    assert OBEYED in json.loads(outcome.text)["body"]


async def test_without_a_terminal_output_is_plain(shop: str) -> None:
    outcome = await run(shop, "orders", COFFEE_STAFF_KEY="key")
    assert outcome.code == 0
    assert unseen(outcome.out) == set()


async def test_no_color_is_respected(shop: str) -> None:
    outcome = await shown(80, "menu", COFFEE_URL=shop, NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", outcome.raw)


async def test_output_that_the_locale_cannot_encode_is_escaped_and_not_an_error(shop: str) -> None:
    outcome = await run(shop, "menu", LANG="C", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (outcome.code, outcome.err) == (0, "")


async def test_a_reader_who_stops_reading_sees_no_traceback(shop: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", '"$0" orders --json | head -c 1', COFFEESHOP),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"COFFEE_URL": shop, "COFFEE_STAFF_KEY": "key", "PATH": "/usr/bin:/bin"},
    )
    out, err = await process.communicate()
    assert (out, err) == (b"[", b"")
