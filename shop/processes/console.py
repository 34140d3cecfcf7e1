"""What the supervisor shows the person who runs it."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from shared.runtime.line_writer import LineWriter
from shop.client.own_command import own_command

_BUFFER_BYTES = 64 * 1024

_CLEARED = "\r\x1b[2K"
"""Moves the cursor to the beginning of an empty line (ECMA-48)."""


@dataclass(frozen=True, slots=True)
class StartupBanner:
    """Where the shop is, and what staff need; printed once it is open.

    `own_key` is whether the staff key was set by the owner, not made by the shop; `quiet` whether
    the children log warnings only; `mail_folder` where mail lands when no server sends it;
    `photos_wait` whether nobody looks at uploaded photos; `queues` where queues and topics are,
    and what they are called, if not in the embedded emulator.
    """

    url: str
    state_dir: Path
    own_key: bool
    quiet: bool
    mail_folder: Path | None = None
    photos_wait: bool = False
    queues: str | None = None

    def lines(self) -> list[str]:
        """Return its lines, without the staff key itself."""
        key = "COFFEE_STAFF_KEY" if self.own_key else f"key in {self.state_dir}/staff-key"
        lines = [
            f"The shop is open at {self.url}",
            f"Staff: {self.url}/staff  ({key})",
            f"Docs:  {self.url}/docs",
            f"Order: {own_command('order', 'latte', '--name', 'Ada', COFFEE_URL=self.url)}",
        ]
        if not self.own_key:
            place = {"COFFEE_URL": self.url, "COFFEE_STATE_DIR": str(self.state_dir)}
            lines.insert(2, f"Link:  {own_command('keys', 'link', **place)}  (signs staff in)")
        if self.queues is not None:
            lines.append(f"Queues: {self.queues}")
        if self.mail_folder is not None:
            lines.append(f"Mail:  in {self.mail_folder}  (set COFFEE_SMTP_URL to send it)")
        if self.photos_wait:
            lines.append("Photos: uploads wait, since COFFEE_PHOTO_WORKERS is 0")
        if self.quiet:
            lines.append("Logs:  warnings only; COFFEE_LOG_LEVEL=INFO shows all. Ctrl-C closes.")
        return lines


class ShopConsole:
    """Shows progress: a line that is replaced on a terminal, plain lines elsewhere.

    Whoever reads those may be slow, and the supervisor does not wait for them.
    """

    def __init__(self) -> None:
        self._writer: LineWriter | None = None
        self._replaces = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self._is_replaced_next = False
        self._shown = ""

    def progress(self, what: str) -> None:
        """Show what is being done; the same text is shown once."""
        if what == self._shown:
            return
        self._shown = what
        if self._replaces:
            width = shutil.get_terminal_size().columns - 1
            self._write(f"{_CLEARED}{what[:width]}")
            self._is_replaced_next = True
        else:
            self.print(what)

    def print(self, *lines: str) -> None:
        """Print lines and end any progress; a closed standard output is no error."""
        if self._is_replaced_next:
            self._write(_CLEARED)
            self._is_replaced_next = False
        for line in lines:
            self._write(f"{line}\n")

    def close(self) -> None:
        """Write what still waits, within two seconds."""
        if self._writer is not None:
            self._writer.close()

    def _write(self, text: str) -> None:
        if self._writer is None:
            self._writer = LineWriter(sys.stdout.fileno(), _BUFFER_BYTES)
        encoding = sys.stdout.encoding if self._replaces else "utf-8"
        self._writer.put(text.encode(encoding, "backslashreplace"))
