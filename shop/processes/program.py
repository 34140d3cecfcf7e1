"""A program that a child process runs, and how such a process ended."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: its name in the log, the command, its variables, the descriptors it inherits.

    `variables` are added to this process's own.
    """

    name: str
    command: tuple[str, ...]
    variables: Mapping[str, str]
    descriptors: tuple[int, ...] = ()


def describe(code: int) -> str:
    """Describe a return code: `exit 2`, `SIGKILL`."""
    if code >= 0:
        return f"exit {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
