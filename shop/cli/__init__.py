"""The command line: `coffeeshop`."""

from __future__ import annotations

import gc
import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from shop.processes.lean import leave_out_unused


def main() -> None:
    """Run the command line; characters that the terminal's encoding lacks are shown as escapes.

    `coffeeshop run` loads none of the other commands: a person waits for it, and it stays.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed: a file that is opened next must not take its place
            setattr(sys, name, Path(os.devnull).open("r+"))  # noqa: SIM115 - open until the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if sys.argv[1:] == ["run"]:
        leave_out_unused()
        from shop.run import run  # noqa: PLC0415 - loads what only this command needs

        sys.exit(run())
    from shared.runtime.lifecycle import raise_descriptor_limit  # noqa: PLC0415 - the same
    from shop.cli.commands import app  # noqa: PLC0415 - loads all of them

    gc.freeze()  # what is loaded stays, so no collection needs to visit it
    raise_descriptor_limit()
    app()


def __getattr__(name: str) -> Any:
    """Load the commands when `app` is asked for."""
    if name != "app":
        raise AttributeError(name)
    from shop.cli.commands import app  # noqa: PLC0415 - loads all of them

    return app
