"""Log lines on a terminal obey nothing of what they quote."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
import structlog
from shared.runtime.logging import configure_logging
from shared.runtime.settings import LogFormat
hostile = "\\x1b]0;title\\x07 \\x9b2J \\u202e\\nforged line"
configure_logging("test", LogFormat(sys.argv[1]), "INFO", 64)
log = structlog.stdlib.get_logger("test")
log.info("reason.quoted", reason=hostile)
try:
    raise ValueError(hostile)
except ValueError:
    log.exception("it.failed")
"""


@pytest.mark.parametrize("style", ["console", "json"])
def test_what_a_log_line_quotes_is_shown_and_not_obeyed(style: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM, style], capture_output=True, check=True
    ).stderr.decode()
    assert "reason.quoted" in said
    assert "it.failed" in said
    for obeyed in ("\x1b]0", "\x07", "\x9b", "\u202e"):
        assert obeyed not in said
    assert "forged line" in said
    assert (
        not [line for line in said.splitlines() if line.startswith("forged")] or style == "console"
    )
