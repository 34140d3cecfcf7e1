"""What the supervisor tells the person who runs it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.status import Status


@dataclass(frozen=True, slots=True)
class Sign:
    """The sign on the door: where the shop is, and what staff need."""

    url: str
    state_dir: Path
    own_key: bool
    """Whether the staff key is one that was set, not one that was made."""

    quiet: bool
    """Whether the children's logs are warnings only."""

    mail_folder: Path | None = None
    """Where mail lands, if no server sends it."""

    def lines(self) -> list[str]:
        """Write the sign; the staff key itself is not on it."""
        key = "COFFEE_STAFF_KEY" if self.own_key else f"key in {self.state_dir}/staff-key"
        lines = [
            f"The shop is open at {self.url}",
            f"Staff: {self.url}/staff  ({key})",
            f"Docs:  {self.url}/docs",
        ]
        if self.mail_folder is not None:
            lines.append(f"Mail:  in {self.mail_folder}  (COFFEE_SMTP_URL has it sent)")
        if self.quiet:
            lines.append("Logs:  warnings only; COFFEE_LOG_LEVEL=INFO shows all. Ctrl-C closes.")
        return lines


class Notices:
    """Tells of progress, as a spinner on a terminal and as plain lines elsewhere."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, soft_wrap=True)
        self._status: Status | None = None
        self._told = ""

    def progress(self, what: str) -> None:
        """Tell what is being done; the same news is told once."""
        if what == self._told:
            return
        self._told = what
        if not self._console.is_terminal:
            self.say(what)
        elif self._status is None:
            self._status = self._console.status(what)
            self._status.start()
        else:
            self._status.update(what)

    def say(self, *lines: str) -> None:
        """Print lines, after the end of any progress; nobody reading them is no error."""
        if self._status is not None:
            self._status.stop()
            self._status = None
        with contextlib.suppress(OSError):
            for line in lines:
                self._console.print(line)
            self._console.file.flush()
