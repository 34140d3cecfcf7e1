"""The environments that consumers run in: made once, of their hash-locked lists of packages."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
BUILD = Path(__file__).parents[2] / "build/peers"
_UV = Path(sys.executable).parent / "uv"


async def python_of(peer: str) -> Path:
    """Return the Python with which a peer runs: our own, if it has no packages of its own.

    Raises RuntimeError when its packages cannot be installed.
    """
    lock = PEERS / peer / "requirements.lock"
    if not lock.exists():
        return Path(sys.executable)
    digest = hashlib.sha256(sys.version.encode() + lock.read_bytes()).hexdigest()
    folder = BUILD / f"{peer}-{digest[:12]}"
    if not (folder / "ready").exists():
        await _run("venv", "-q", "--clear", "--python", sys.executable, str(folder))
        await _run("pip", "sync", "-q", "--require-hashes", "--python", str(folder), str(lock))
        (folder / "ready").touch()
    return folder / "bin/python"


async def _run(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(_UV, *arguments)
    if await process.wait():
        raise RuntimeError(f"uv {arguments[0]} has failed")
