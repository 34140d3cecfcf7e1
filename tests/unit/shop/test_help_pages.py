"""Every help page teaches by an example, and fits a narrow terminal."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import typer
from rich.cells import cell_len
from typer.testing import CliRunner

from shop.cli import app

Command = Any  # typer's own, which it does not export

ROOT: Command = typer.main.get_command(app)


def pages(command: Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from pages(inner, (*path, name))


PAGES = [*pages(ROOT)]


def found(path: Sequence[str]) -> Command:
    command = ROOT
    for name in path:
        command = command.commands[name]
    return command


def examples(path: tuple[str, ...]) -> list[str]:
    return re.findall(r"^ *- `(.+?)`", found(path).help or "", re.MULTILINE)


@pytest.mark.parametrize("path", PAGES, ids=" ".join)
def test_every_help_page_has_examples_of_its_command(path: tuple[str, ...]) -> None:
    assert examples(path)
    assert [one for one in examples(path) if " ".join(("coffeeshop", *path)) not in one] == []


@pytest.mark.parametrize("path", PAGES, ids=" ".join)
def test_every_example_is_understood_by_the_command(path: tuple[str, ...]) -> None:
    for example in examples(path):
        words = shlex.split(next(part for part in example.split(" | ") if "coffeeshop" in part))
        words = words[words.index("coffeeshop") + 1 :]
        names = [*itertools.takewhile(lambda word: not word.startswith("-"), words)]
        depth = len(names)
        while tuple(names[:depth]) not in PAGES:
            depth -= 1
        command = found(names[:depth])
        command.make_context("coffeeshop", words[depth:], resilient_parsing=True)
        known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
        assert {word for word in words if word.startswith("-") and len(word) > 1} <= known


@pytest.mark.parametrize("path", PAGES, ids=" ".join)
@pytest.mark.parametrize("columns", [80, 60])
def test_every_help_page_fits_the_terminal(path: tuple[str, ...], columns: int) -> None:
    page = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": str(columns)})
    assert page.exit_code == 0
    assert max(map(cell_len, page.output.splitlines())) <= columns
