"""This program as a command line that can be pasted into a shell, where it was started."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

_NAME = "coffeeshop"
_USUAL = {"COFFEE_URL": "http://127.0.0.1:8080", "COFFEE_STATE_DIR": "var"}


def own_command(*arguments: str, **variables: str) -> str:
    """Write a command with the variables it needs; those with their usual values are left out."""
    return " ".join(words_of_own_command(*arguments, **variables))


def words_of_own_command(*arguments: str, **variables: str) -> list[str]:
    """Return the words of such a command, quoted for a shell."""
    needed = {name: value for name, value in variables.items() if _USUAL.get(name) != value}
    assigned = (f"{name}={shlex.quote(value)}" for name, value in needed.items())
    return [*assigned, shlex.quote(_program()), *map(shlex.quote, arguments)]


def _program() -> str:
    """Name the program by its path, or by its name alone where the shell finds it."""
    script = Path(sys.argv[0])
    if script.name != _NAME:  # started as `python -m`
        script = Path(sys.executable).with_name(_NAME)
    found = shutil.which(_NAME)
    if not script.exists() or (found is not None and script.samefile(found)):
        return _NAME
    here = Path.cwd()
    return str(script.relative_to(here) if script.is_relative_to(here) else script)
