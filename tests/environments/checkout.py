"""A bare copy of the project, and `make` in it, with the environment that a test gives."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.emulator import free_port

PROJECT = Path(__file__).parents[2]

OPEN = "The shop is open at "

KEPT = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
"""Where packages come from is up to the machine."""


@dataclass(frozen=True)
class Checkout:
    folder: Path
    python: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def copied(cls, folder: Path, python: str) -> Checkout:
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=PROJECT, check=True, capture_output=True).stdout
        for name in filter(None, names.decode().split("\0")):
            if (PROJECT / name).is_file():  # one may be deleted, and still be in the index
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(PROJECT / name, folder / name)
        return cls(folder, python)

    def variables(self, given: Mapping[str, str]) -> dict[str, str]:
        home = {"HOME": os.environ.get("HOME", "/"), "PATH": os.environ["PATH"]}
        return {**home, **KEPT, "COFFEE_PORT": str(free_port()), **given}

    def make(self, *arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", *arguments],
            cwd=self.folder,
            check=False,
            env=self.variables(given),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=900,
        )

    @contextlib.asynccontextmanager
    async def open_shop(self, **given: str) -> AsyncIterator[str]:
        """Open the shop by `make run`, with umask 077; give its URL."""
        variables = self.variables(given)
        process = await asyncio.create_subprocess_exec(
            *("make", f"PYTHON={self.python}", "run"),
            cwd=self.folder,
            env=variables,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
        )
        try:
            async with asyncio.timeout(120):
                await _says_open(process)
            yield f"http://127.0.0.1:{variables['COFFEE_PORT']}"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            async with asyncio.timeout(60):
                await process.communicate()


async def _says_open(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    said = []
    async for line in process.stdout:
        said.append(line.decode(errors="replace"))
        if said[-1].startswith(OPEN):
            return
    raise AssertionError("the shop did not open:\n" + "".join(said))
