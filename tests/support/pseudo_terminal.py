"""A command in a terminal of so many columns, and what it writes there."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import signal
import struct
import termios
from dataclasses import dataclass
from multiprocessing.reduction import DupFd

from rich.cells import cell_len

from tests.support import command_process
from tests.support.command_line import LOADED, SECONDS

_OURS = re.compile(r"\x1b\[(?:[0-9;]*m|\?25[hl]|2K|1A)|\r")
"""Styles, and what a progress bar needs: the cursor is hidden, a line is cleared, one up."""


@dataclass(frozen=True)
class Shown:
    """What a terminal was sent."""

    code: int
    raw: str

    @property
    def text(self) -> str:
        """Without what rich sends for us."""
        return _OURS.sub("", self.raw)

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def lines_written(self) -> list[str]:
        """Each line, and each state of a progress bar, which returns to the beginning of one."""
        return [_OURS.sub("", part) for part in re.split(r"\r|\n|\x1b\[1A", self.raw)]

    @property
    def width(self) -> int:
        """The columns that the widest line takes."""
        return max(map(cell_len, self.text.split("\n")), default=0)


async def shown(columns: int, *arguments: str, **variables: str) -> Shown:
    """Run a command to its end in a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8", **variables}
    process = LOADED.Process(
        target=command_process.run,
        args=(arguments, environment, [DupFd(theirs) for _ in range(3)]),
    )
    process.start()
    os.close(theirs)
    try:
        async with asyncio.timeout(SECONDS):
            raw = await asyncio.to_thread(_read_all, ours)
            await asyncio.to_thread(process.join)
    finally:
        if process.is_alive() and process.pid is not None:
            os.kill(process.pid, signal.SIGKILL)
        os.close(ours)
    assert process.exitcode is not None
    code = process.exitcode
    process.close()
    return Shown(code, raw.decode())


def _read_all(terminal: int) -> bytes:
    """Read until the other end is closed, which a pseudo-terminal reports as EIO."""
    parts = []
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts)
