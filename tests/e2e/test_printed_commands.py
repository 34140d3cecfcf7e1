"""Commands that the shop prints can be pasted into a shell as they are."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.emulator import free_port

pytestmark = pytest.mark.timeout(120)

VENV = Path(sys.executable).parents[1]
OURS = {name: value for name, value in os.environ.items() if not name.startswith("COFFEE_")}
ENVIRONMENT = {**OURS, "PATH": "/usr/bin:/bin"}


async def pasted(command: str, folder: Path) -> tuple[int | None, str]:
    """Paste a command into a shell of its own, with none of the shop's variables."""
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", command),
        cwd=folder,
        env=ENVIRONMENT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[list[str]]:
    """What a shop has printed that was opened in a folder of its own, at a port of its own."""
    (tmp_path / ".venv").symlink_to(VENV)
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", "exec .venv/bin/python -P -m shop.cli run"),
        cwd=tmp_path,
        env=ENVIRONMENT
        | {"COFFEE_PORT": str(free_port()), "COFFEE_BREW_SPEED": "0", "COFFEE_POLL_SECONDS": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    lines: list[str] = []
    try:
        async with asyncio.timeout(40):
            while not lines or not lines[-1].startswith("Mail:"):
                lines.append((await process.stdout.readline()).decode().rstrip())
        yield lines
    finally:
        process.terminate()
        await process.communicate()


async def test_every_command_that_is_printed_works_as_it_is(
    opened: list[str], tmp_path: Path
) -> None:
    said = dict(line.split(":", 1) for line in opened if ":" in line)
    url = re.findall(r"http://\S+", "\n".join(opened))[0]
    code, output = await pasted(said["Order"], tmp_path)
    assert code == 0, output
    assert "001  ready" in output

    subscribe = (
        f"COFFEE_URL={url} .venv/bin/coffeeshop topics subscribe coupons --email a@b.example"
    )
    code, output = await pasted(subscribe, tmp_path)
    assert code == 0, output
    code, output = await pasted(output.splitlines()[-1], tmp_path)
    assert code == 0, output
    assert "pending since" in output
