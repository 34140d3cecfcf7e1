"""The shop as another commit has it, with an environment of its own, which is made once."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from benchmarks.make_run import ROOT

BUILD = ROOT / "build/commits"
_READY = ".venv/shop-ready"
"""What `make` makes when the environment of a shop is complete."""


_BEFORE = "467bca2"
"""The last one before anything was made cheaper."""


class CommitError(Exception):
    """A commit cannot be had; the message says why."""


def commit_before() -> str:
    """Return the commit that the shop is compared with; the variable `BEFORE` names another."""
    return os.environ.get("BEFORE", _BEFORE)


async def checked_out(commit: str) -> Path:
    """Return the folder of a commit of this repository, ready for `make run`.

    Raises CommitError when the commit is not in the clone, or its packages cannot be installed.
    """
    name = await _output("git", "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}")
    if not name:
        raise CommitError(f"{commit} is not in this clone; git fetch --unshallow may bring it")
    folder = BUILD / name[:12]
    if not (folder / _READY).exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        await _output("sh", "-c", 'git archive "$0" | tar -x -C "$1"', name, str(folder))
        await _output("make", "--silent", "-C", str(folder), _READY)
    if not (folder / _READY).exists():
        raise CommitError(f"the packages of {commit} cannot be installed")
    return folder


async def _output(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return output.decode().strip()
