"""What the supervisor prints: progress that is replaced on a terminal, lines elsewhere."""

from __future__ import annotations

import io
import os
import pty
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from shop.processes.console import ShopConsole


@contextmanager
def printed_to(
    reading: int, writing: int, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[ShopConsole, io.BytesIO]]:
    """Give a console that prints to one end, and at the end of the block what the other read."""
    shown = io.BytesIO()
    with os.fdopen(writing, "w", encoding="utf-8") as stdout, closing(os.fdopen(reading, "rb", 0)):
        monkeypatch.setattr("sys.stdout", stdout)
        with closing(ShopConsole()) as console:
            yield console, shown
        shown.write(os.read(reading, 4096))


def test_on_a_terminal_progress_is_replaced_and_ends_with_the_first_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "20")
    with printed_to(*pty.openpty(), monkeypatch) as (console, shown):
        console.progress("Starting …")
        console.progress("Starting …")
        console.progress("Opening, which takes long")
        console.print("It is open.", "It really is.")
        console.print("It is closed.")

    cleared = "\r\x1b[2K"
    assert shown.getvalue().decode() == (
        f"{cleared}Starting …{cleared}Opening, which take{cleared}"
        "It is open.\r\nIt really is.\r\nIt is closed.\r\n"
    )


def test_elsewhere_each_progress_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with printed_to(*os.pipe(), monkeypatch) as (console, shown):
        console.progress("Starting …")
        console.progress("Starting …")
        console.print("It is open.")

    assert shown.getvalue().decode() == "Starting …\nIt is open.\n"
