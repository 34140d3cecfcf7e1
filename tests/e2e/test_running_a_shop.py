"""`docs/running-a-shop.md`: an owner can type every command of it, in its order, and it works."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import re
import shlex
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from tests.support.emulator import free_port

pytestmark = pytest.mark.timeout(180)

PAGE = Path(__file__).parents[2] / "docs" / "running-a-shop.md"
SUNDAY = 6
NOON = range(10, 13)
VENV = Path(sys.executable).parents[1]
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("COFFEE_")},
    "PATH": "/usr/bin:/bin",
    "COFFEE_POLL_SECONDS": "1",
}


def typed() -> list[str]:
    """The lines that the page has its reader type."""
    blocks = re.findall(r"^```console\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def at_noon() -> str:
    """A zone where it is about noon: the page's hours are not over, and have begun, on any day."""
    zones = (f"Etc/GMT{hours:+d}" for hours in range(-12, 13))
    return next(zone for zone in zones if dt.datetime.now(ZoneInfo(zone)).hour in NOON)


def on_an_open_day(lines: list[str], zone: str) -> list[str]:
    """The page's lines, with another day on which the shop is closed, if today is Sunday."""
    if dt.datetime.now(ZoneInfo(zone)).weekday() != SUNDAY:
        return lines
    swapped = {"saturday": "sunday", "sunday": "saturday"}
    return [re.sub("saturday|sunday", lambda day: swapped[day[0]], line) for line in lines]


@dataclass(frozen=True)
class Terminal:
    """The reader's second terminal: a folder, and what was exported there."""

    folder: Path
    environment: dict[str, str]

    async def types(self, line: str) -> tuple[int | None, str]:
        """Run a line in a shell, and agree to whatever it asks."""
        process = await asyncio.create_subprocess_exec(
            *("sh", "-c", f"yes | {{ {line}\n}}"),
            cwd=self.folder,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return process.returncode, said.decode()


@contextlib.asynccontextmanager
async def opened(line: str, folder: Path) -> AsyncIterator[Terminal]:
    """Open the shop as a line of the page says; gives a terminal in its folder."""
    *assignments, make, run = shlex.split(line)
    assert (make, run) == ("make", "run")  # `make run` itself has its own tests
    environment = {**ENVIRONMENT, "COFFEE_PORT": str(free_port())}
    (folder / ".venv").symlink_to(VENV)
    process = await asyncio.create_subprocess_exec(
        *(".venv/bin/python", "-P", "-m", "shop.cli", "run"),
        cwd=folder,
        env=environment | dict(one.split("=", 1) for one in assignments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            while not (await process.stdout.readline()).startswith(b"The shop is open"):
                assert process.returncode is None
        yield Terminal(folder, environment)
    finally:
        process.terminate()
        await process.communicate()


async def test_every_command_of_the_page_works_as_it_is_in_the_order_of_the_page(
    tmp_path: Path,
) -> None:
    zone = at_noon()
    first, exported, *lines = on_an_open_day(typed(), zone)
    assert exported == 'export PATH="$PWD/.venv/bin:$PATH"'
    said: dict[str, str] = {}
    Image.new("RGB", (800, 600), "tan").save(tmp_path / "latte.jpg")
    async with opened(first.replace("Europe/Berlin", zone), tmp_path) as terminal:
        for line in lines:
            together = f"{exported}; {line}"
            async with asyncio.timeout(30):
                code, said[line] = await terminal.types(together)
                while code and line.startswith("coffeeshop complete"):  # nobody has it in hand yet
                    await asyncio.sleep(0.2)
                    code, said[line] = await terminal.types(together)
            assert code == 0, f"{line}\n{said[line]}"

    assert "3, 1 sold (1 remade, 1 canceled)" in said["coffeeshop report"]
    assert "Sold out" in said["coffeeshop report"]
    assert ",sold,USD,1," in (tmp_path / "today.csv").read_text()
    assert "latte" in said["coffeeshop photos list"]
    assert "3 orders" in said["coffeeshop backup today.sqlite3"]
    assert (tmp_path / "trial" / "orders.sqlite3").exists()
    assert "Made up" in said["COFFEE_STATE_DIR=demo coffeeshop demo"]
    if os.environ.get("COFFEE_TESTS_SHOW"):
        print("\n".join(f"$ {line}\n{text}" for line, text in said.items()))  # noqa: T201
