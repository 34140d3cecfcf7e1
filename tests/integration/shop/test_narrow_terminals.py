"""Commands in a real terminal of 80 and of 60 columns, at a shop whose texts are hostile."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import shlex
import unicodedata
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from rich.cells import cell_len

from shop.scaling.control_messages import SOCKET, Answer, LastChange, Status
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
from tests.support.shop_stand_in import stand_in

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

AMOUNT = "1234567.89 USD"

TABLES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("orders",): (ORDER_ID, "042", "ready", AMOUNT, "2 x ", "large", "oat-milk"),
    ("kitchen",): (ORDER_ID, "042", "attempt 7", "a remake", "2 x ", "large", "oat-milk"),
    ("menu",): ("latte", "sold out", ":" + "x" * 40, "+" + "x" * 40),
    ("menu", "versions"): ("123456", "20 Nov"),
    ("dlq", "list"): (UUID, "042", "preparing", "attempts: 12"),
    ("topics", "list"): (TOPIC[:50], "123456"),
    ("topics", "show", HEX_ID): (HEX_ID, ORDER_ID, "delivered", "attempts: 3", "paused"),
    ("photos", "list"): ("x" * 40, "held", "flags: ", "labels: "),
    ("keys", "list"): (HEX_ID, "manager"),
    ("changes",): ("dead-letters",),
    ("report",): (AMOUNT, "123456 remade", "(UTC+0200)", "8.875 %", "no reason", "2057:36 min"),
    ("hours",): ("monday", "07:30-12:00, 07:30-12:00", "2026-12-24 Thu", "closed"),
    ("shop",): ("1440 min, once ready", "too old after 1440 min"),
    ("topics", "dead-letters"): (HEX_ID, "9", "1 of 2"),
    ("plan", "--orders-per-second", "500000", "--prep-seconds", "3600"): ("Fargate", "Total"),
}
"""Commands, and what of their tables may not be cut."""

LONG = "/srv/" + "shop/" * 30

SENTENCES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("settings",): ("COFFEE_STATE_DIR=/srv/shop/", "COFFEE_STAFF_KEY=(hidden)", "(default: "),
    ("pause",): ("The shop is paused until 20 Nov 09:30",),
    ("dlq", "redrive", UUID): (UUID, "Redriven: 0 of 1"),
    ("topics", "subscribe", "coupons", "--email", "ada@example.com"): (HEX_ID, TOPIC[:50]),
}
"""Commands that print more than a table, and what of it may not be cut."""

SOON = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
SCALING = Status(
    least=100,
    most=1000,
    desired=1000,
    working=1000,
    leaving=1000,
    backlog=123_456_789,
    wait=1234567.8,
    acceptable_wait=1234.5,
    prep_seconds=1234.5,
    concurrency=1000,
    schedule_floor=1000,
    forecast_floor=1000,
    forecast_counts=False,
    now="more than one could ever say about the scaling of a shop " * 3,
    last_change=LastChange(at=SOON, before=1, after=1000, why="the backlog grew quickly " * 5),
)

OTHERS: tuple[tuple[str, ...], ...] = (
    ("order", "latte", "--name", "Ada"),
    ("order", "latte:large", "--json"),
    ("cancel", ORDER_ID),
    ("collect", "42"),
    ("complete", "a" * 26),
    ("release", "a" * 26),
    ("remake", "42"),
    ("sold-out", "latte"),
    ("dlq", "show", UUID),
    ("orders", "--json"),
    ("keys", "add", "Ada"),
    ("changes", "--json"),
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


@pytest.mark.parametrize("columns", [80, 60])
@pytest.mark.parametrize("command", SENTENCES, ids=" ".join)
async def test_what_else_commands_print_fits_and_breaks_no_word_that_fits(
    shop: str, command: tuple[str, ...], columns: int
) -> None:
    said = await shown(
        columns,
        *command,
        COFFEE_URL=shop,
        COFFEE_STAFF_KEY="espresso-espresso-espresso",
        COFFEE_STATE_DIR=LONG,
    )
    assert said.code in {0, 1}, said.text
    assert max(map(cell_len, said.lines_written)) <= columns
    for whole in SENTENCES[command]:
        assert whole in said.text


@pytest.mark.parametrize("columns", [80, 60])
async def test_the_meaning_of_a_setting_stays_indented_below_it(shop: str, columns: int) -> None:
    lines = (await at(shop, columns, "settings")).text.rstrip().splitlines()
    for before, line in pairwise(lines):
        long_value = before.startswith("COFFEE_") and not line.startswith("COFFEE_")
        assert long_value or line.startswith(("COFFEE_", "    ")), line


@pytest.mark.parametrize("columns", [80, 60])
async def test_a_printed_command_can_be_pasted_from_a_narrow_terminal(
    shop: str, columns: int
) -> None:
    subscribed = await at(
        shop, columns, "topics", "subscribe", "coupons", "--email", "ada@example.com"
    )
    _, printed = subscribed.text.split("To see its deliveries:\n")
    command, *_ = re.split(r"(?<!\\)\n", printed)
    assert max(map(cell_len, command.split("\n"))) <= columns
    words = shlex.split(command.replace("\\\n", " "))
    assert words[:2] == [f"COFFEE_MANAGE_TOKEN={HEX_ID}", f"COFFEE_URL={shop}"]
    assert words[-3:] == ["topics", "show", HEX_ID]


@pytest.mark.parametrize("columns", [80, 60])
async def test_the_scaling_fits_the_terminal(tmp_path: Path, columns: int) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(Answer(status=SCALING).model_dump_json().encode() + b"\n")
        writer.close()

    async with await asyncio.start_unix_server(answer, tmp_path / SOCKET):
        scaling = await shown(columns, "scale", COFFEE_STATE_DIR=str(tmp_path))
    assert scaling.code == 0, scaling.text
    assert scaling.width <= columns
    assert "…" not in scaling.text
    for whole in ("1000 at work", "123456789", "1234567.8 s", "1 -> 1000 at 09:30:00 UTC"):
        assert whole in scaling.text


@pytest.mark.parametrize("columns", [80, 60])
async def test_the_report_of_a_load_fits_the_terminal(columns: int) -> None:
    async with stand_in() as shop:
        shop.steps = ("preparing", "ready")
        refused = web.Response(status=409, text="{}", content_type="application/problem+json")
        shop.refusals.append(refused)
        load = await shown(
            columns,
            *("load", "--orders", "3", "--rate", "50", "--timeout", "10"),
            COFFEE_URL=shop.url,
            COFFEE_STAFF_KEY=shop.staff_key,
        )
    assert max(map(cell_len, load.lines_written)) <= columns
    for whole in ("Orders", "Duplicates", "p50", "p99", "max", "1 x "):
        assert whole in load.text


@pytest.mark.parametrize("command", [*TABLES, *SENTENCES, *OTHERS], ids=" ".join)
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
