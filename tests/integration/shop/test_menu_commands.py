"""The commands for the menu, as people run them: real processes, against a real cashier."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from tests.support.cashier import ServedCashier
from tests.support.command_line import Outcome, run
from tests.support.web import AS_STAFF, STAFF_KEY

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def command(
    cashier: ServedCashier, *arguments: str, stdin: str = "", **variables: str
) -> Outcome:
    return await run(
        str(cashier.url), *arguments, stdin=stdin, **{"COFFEE_STAFF_KEY": STAFF_KEY, **variables}
    )


async def price_of_a_large_latte(cashier: ServedCashier) -> int:
    menu = (await cashier.ask("GET", "/menu")).body
    (latte,) = [item for item in menu["items"] if item["id"] == "latte"]
    return int(latte["sizes"][2]["price"])


def editor(folder: Path, *steps: str) -> str:
    """An editor that takes its first step at its first start, and so on."""
    script = folder / "editor"
    counted = 'n=$(cat "$0.n" 2>/dev/null || echo 0); echo $((n + 1)) > "$0.n"\ncase $n in\n'
    cases = "".join(f"{number}) {step};;\n" for number, step in enumerate(steps))
    script.write_text(f"#!/bin/sh\n{counted}{cases}esac\n")
    script.chmod(0o700)
    return str(script)


def dearer(price: int) -> str:
    return f"sed -i '0,/large: 450/s//large: {price}/' \"$1\""


def drafts(folder: Path) -> list[Path]:
    return [*folder.glob("menu-*")]


def kept(outcome: Outcome) -> Path:
    """The file that the command says it has kept."""
    (line,) = [line for line in outcome.err.splitlines() if line.startswith("What you wrote is ke")]
    return Path(line.split()[-1])


async def test_a_menu_is_exported_changed_and_imported(
    new_cashier: ServedCashier, tmp_path: Path
) -> None:
    file = tmp_path / "menu.yaml"
    exported = await command(new_cashier, "menu", "export", str(file))
    again = await command(new_cashier, "menu", "export", str(file))
    unchanged = await command(new_cashier, "menu", "import", str(file))
    file.write_text(file.read_text().replace("large: 450", "large: 470", 1))
    declined = await command(new_cashier, "menu", "import", str(file), stdin="n\n")
    imported = await command(new_cashier, "menu", "import", str(file), stdin="y\n")
    by_program = await command(new_cashier, "menu", "import", str(file), "--yes", "--json")

    assert exported.out == f"{file} has version 1 of the menu.\n"
    assert (again.code, "is there already" in again.err) == (2, True)
    assert unchanged.out == "Nothing changes.\n"
    assert declined.code == 1
    assert imported.out.startswith("latte/large 4.50 USD → 4.70 USD\n")
    assert imported.lines[-1].endswith("The menu is changed; this is version 2.")
    assert json.loads(by_program.out) == {"version": 2, "changes": []}
    assert await price_of_a_large_latte(new_cashier) == 470


async def test_versions_are_listed_and_restored(new_cashier: ServedCashier, tmp_path: Path) -> None:
    variables = {"EDITOR": editor(tmp_path, dearer(470)), "TMPDIR": str(tmp_path)}
    edited = await command(new_cashier, "menu", "edit", **variables)
    restored = await command(new_cashier, "menu", "restore", "1")
    listed = await command(new_cashier, "menu", "versions")
    as_json = await command(new_cashier, "menu", "versions", "--before", "2", "--json")

    assert edited.lines == [
        "latte/large 4.50 USD → 4.70 USD",
        "The menu is changed; this is version 2.",
    ]
    assert drafts(tmp_path) == []
    assert restored.out == "The menu is what it was in version 1; this is version 3.\n"
    assert [line.split()[0] for line in listed.lines[1::2]] == ["3", "2", "1"]
    assert listed.lines[2].strip() == "latte/large 4.70 USD → 4.50 USD"
    assert [each["by"] for each in json.loads(as_json.out)] == ["menu file"]
    assert (await command(new_cashier, "menu", "restore", "9")).code == 1


async def test_after_a_mistake_editing_goes_on(new_cashier: ServedCashier, tmp_path: Path) -> None:
    steps = ["sed -i 's/large: 450/large: cheap/' \"$1\"", "sed -i 's/: cheap/: 470/' \"$1\""]
    variables = {"EDITOR": editor(tmp_path, *steps), "TMPDIR": str(tmp_path)}
    edited = await command(new_cashier, "menu", "edit", stdin="y\n", **variables)

    assert edited.code == 0
    assert "items.latte.sizes.large: This should be a whole number" in edited.err
    assert await price_of_a_large_latte(new_cashier) == 470


async def test_who_stops_after_a_mistake_finds_the_text_in_a_file(
    new_cashier: ServedCashier, tmp_path: Path
) -> None:
    wrong = editor(tmp_path, "sed -i 's/large: 450/large: cheap/' \"$1\"")
    edited = await command(new_cashier, "menu", "edit", EDITOR=wrong, TMPDIR=str(tmp_path))

    assert edited.code == 1
    assert "large: cheap" in kept(edited).read_text()
    assert await price_of_a_large_latte(new_cashier) == 450


async def test_of_two_editors_one_is_told_and_finds_the_text_in_a_file(
    new_cashier: ServedCashier, tmp_path: Path
) -> None:
    opened, go_on = tmp_path / "opened", tmp_path / "go-on"
    for pipe in (opened, go_on):
        os.mkfifo(pipe)
    slow = f"echo > {opened}; cat {go_on}; {dearer(470)}"
    variables = {"EDITOR": editor(tmp_path, slow), "TMPDIR": str(tmp_path)}
    slow_edit = asyncio.create_task(command(new_cashier, "menu", "edit", **variables))
    await asyncio.to_thread(opened.read_text)
    menu = await new_cashier.staff("GET", "/menu/document")
    changed = {**menu.body, "items": {**menu.body["items"]}}
    del changed["items"]["croissant"]
    tag = {"If-Match": menu.headers["ETag"]}
    assert (await new_cashier.ask("PUT", "/menu/document", changed, AS_STAFF | tag)).status == 200
    await asyncio.to_thread(go_on.write_text, "")
    lost = await slow_edit
    file = kept(lost)

    assert lost.code == 1
    assert "Somebody else has changed it meanwhile" in lost.err
    assert "large: 470" in file.read_text()
    assert await price_of_a_large_latte(new_cashier) == 450

    refused = await command(new_cashier, "menu", "import", str(file), "--yes")
    assert (refused.code, refused.out) == (1, "")
    assert "based on version 1, and the menu is at version 2" in refused.err
    assert "owner: croissant is gone" in refused.err
    assert "--undo-newer" in refused.err
    assert (await new_cashier.staff("GET", "/menu/document")).headers["ETag"] == '"2"'
    imported = await command(new_cashier, "menu", "import", str(file), "--yes", "--undo-newer")
    assert imported.lines[:2] == ["croissant is new", "latte/large 4.50 USD → 4.70 USD"]


async def test_a_file_that_was_imported_is_changed_and_imported_again(
    new_cashier: ServedCashier, tmp_path: Path
) -> None:
    file = tmp_path / "menu.yaml"
    await command(new_cashier, "menu", "export", str(file))
    for before, after in ((450, 470), (470, 490)):
        file.write_text(file.read_text().replace(f"large: {before}", f"large: {after}", 1))
        imported = await command(new_cashier, "menu", "import", str(file), "--yes")
        assert imported.code == 0, imported
    assert await price_of_a_large_latte(new_cashier) == 490
    lines = file.read_text().splitlines()
    assert lines[0] == "# Based on version 3 of the menu."
    assert not [line for line in lines[1:] if line.startswith("#")]


async def test_a_file_of_another_shop_is_not_imported_unasked(
    cashier: ServedCashier, tmp_path: Path
) -> None:
    file = tmp_path / "menu.yaml"
    await command(cashier, "menu", "export", str(file))
    text = file.read_text().replace("version 1 of", "version 9 of").replace("450", "470")
    file.write_text(text, encoding="utf-8-sig")
    refused = await command(cashier, "menu", "import", str(file), "--yes")
    assert (refused.code, refused.out) == (1, "")
    assert "based on version 9, and the menu is at version 1: it is another shop's" in refused.err
    assert file.read_text(encoding="utf-8-sig") == text


@pytest.mark.parametrize(
    ("failing", "why"),
    [
        ("false", "exit status 1"),
        ("/nonexistent/editor", "No such file or directory"),
        ("'", "No closing quotation"),
    ],
)
async def test_an_editor_that_fails_changes_nothing_and_is_told_in_a_line(
    cashier: ServedCashier, tmp_path: Path, failing: str, why: str
) -> None:
    edited = await command(cashier, "menu", "edit", EDITOR=failing, TMPDIR=str(tmp_path))
    assert (edited.code, edited.out) == (1, "")
    assert edited.err == f"The editor {failing!r} failed: {why}\n"
    assert drafts(tmp_path) == []


async def test_what_was_written_before_an_editor_failed_is_kept(
    cashier: ServedCashier, tmp_path: Path
) -> None:
    crashing = editor(tmp_path, "echo '# mine' >> \"$1\"; exit 3")
    edited = await command(cashier, "menu", "edit", EDITOR=crashing, TMPDIR=str(tmp_path))
    assert edited.code == 1
    assert "exit status 3" in edited.err
    assert kept(edited).read_text().endswith("# mine\n")


async def test_a_file_that_is_no_menu_is_refused_with_its_lines(
    cashier: ServedCashier, tmp_path: Path
) -> None:
    file = tmp_path / "menu.yaml"
    file.write_text("currency: euro\n")
    refused = await command(cashier, "menu", "import", str(file))
    assert refused.code == 2
    assert f"{file}:1: currency: This should be 3 capital letters" in refused.err


async def test_sizes_and_modifiers_are_sold_out_and_put_back(new_cashier: ServedCashier) -> None:
    size = await command(new_cashier, "sold-out", "latte/large")
    modifier = await command(new_cashier, "sold-out", "+oat-milk", "--json")
    shown = await command(new_cashier, "menu")
    refused = await command(new_cashier, "order", "latte:large+oat-milk")
    unknown = [await command(new_cashier, "sold-out", what) for what in ("latte/huge", "+gin")]
    back = await command(new_cashier, "sold-out", "latte/large", "--back")

    assert size.out == "Caffè latte, Large, is sold out.\n"
    assert json.loads(modifier.out)["sold_out"] is True
    assert ":large 4.50 USD (sold out)" in shown.out
    assert "+oat-milk 0.70 USD (sold out, gluten, in place of milk)" in shown.out
    assert "\n    may contain nuts, sesame\n" in shown.out
    assert "contains gluten, eggs, milk, nuts" in shown.out
    assert refused.code == 2
    assert "Oat milk is sold out" in refused.err
    assert [outcome.code for outcome in unknown] == [2, 1]
    assert back.out == "Caffè latte, Large, is on the menu.\n"


async def test_an_order_says_where_it_is_eaten_and_shows_its_tax(
    new_cashier: ServedCashier,
) -> None:
    menu = await new_cashier.staff("GET", "/menu/document")
    classes = {"all": {"here": "19", "away": "7"}}
    items = {each: item | {"tax": "all"} for each, item in menu.body["items"].items()}
    taxed = menu.body | {"items": items, "tax": {"classes": classes}}
    tag = {"If-Match": menu.headers["ETag"]}
    await new_cashier.ask("PUT", "/menu/document", taxed, AS_STAFF | tag)

    here = await command(new_cashier, "order", "croissant", "--here", "--no-follow")
    away = await command(new_cashier, "order", "croissant", "--away", "--json")

    assert "2.90 USD with 0.46 USD tax" in here.out
    assert json.loads(away.out)["serve"] == "away"
    assert json.loads(away.out)["tax"] == 19


async def test_options_before_a_command_of_the_menu_are_not_overheard(
    cashier: ServedCashier,
) -> None:
    refused = await command(cashier, "menu", "--json", "versions")
    assert (refused.code, "options stand after" in refused.err) == (2, True)
