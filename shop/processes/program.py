"""A program that a child process runs: what it is, how it ended, when it is started again."""

from __future__ import annotations

import contextlib
import signal
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
LONG_RUN_SECONDS = 10.0
"""Seconds after which a run is no longer short."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A program reports on the descriptor in `variable`, and is killed after `seconds` without."""

    variable: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: its name in the log, the command, its variables, the descriptors it inherits.

    `variables` are added to this process's own. Without `watched`, it may be silent for ever. It
    is not started while one of its `needs` is away.
    """

    name: str
    command: tuple[str, ...]
    variables: Mapping[str, str]
    descriptors: tuple[int, ...] = ()
    watched: Watched | None = None
    needs: tuple[Path, ...] = ()

    def missing(self) -> Path | None:
        """Return the first of its needs that is away; a file that is empty is not back yet."""
        return next((path for path in self.needs if not _is_there(path)), None)


def _is_there(path: Path) -> bool:
    try:
        found = path.stat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) or found.st_size > 0


def python_module(name: str) -> tuple[str, ...]:
    """Return the command that runs an installed module; see `processes.lean`.

    By `-P` a file of the same name in the current folder is not run instead.
    """
    return (sys.executable, "-P", "-m", "shop.processes.lean", name)


def describe(code: int) -> str:
    """Describe a return code: `exit 2`, `SIGKILL`."""
    if code >= 0:
        return f"exit {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"


@dataclass(frozen=True, slots=True)
class Restarts:
    """A program's runs so far.

    `short_runs` in a row lengthen the pause before the next. `false_starts` in a row, in which
    the program ended before it had started, lead to giving up.
    """

    short_runs: int = 0
    false_starts: int = 0

    @property
    def pause(self) -> float:
        """Seconds to wait before the next run: 0.1, doubled with each short one, up to 5."""
        return min(FIRST_PAUSE * 2.0 ** min(self.short_runs - 1, 10), LONGEST_PAUSE)


def after_exit(restarts: Restarts, seconds: float, *, started: bool) -> Restarts:
    """Count a run that has ended after so many seconds."""
    return replace(
        restarts,
        short_runs=1 if seconds >= LONG_RUN_SECONDS else restarts.short_runs + 1,
        false_starts=0 if started else restarts.false_starts + 1,
    )
