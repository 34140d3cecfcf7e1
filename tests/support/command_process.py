"""What becomes a command: a process in which the command line is loaded, but was not run yet."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from typing import Any

import shop.cli.commands  # noqa: F401 - loaded once, before the fork
from shop.cli import main


def run(arguments: Sequence[str], environment: dict[str, str], streams: Sequence[Any]) -> None:
    """Run a command with nothing of its parent's but these, which become its standard streams."""
    for number, stream in enumerate(streams):
        os.dup2(stream.detach(), number)
    sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
    sys.stderr = os.fdopen(2, "w", buffering=1)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv[1:] = arguments
    main()
