"""Where formatted log lines go, ours and the libraries': redacted, into the queue of a writer."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from shared.domain.order import log_id
from shared.runtime.line_writer import LineWriter

_ORDER_ID = re.compile(r"\b[a-z2-7]{26}\b")
_MAIL_ADDRESS = re.compile(r"[^\s\"'<>()\[\]:,;\\]+@[^\s\"'<>()\[\]:,;\\]+")
_URL_PATH = re.compile(r"(https?://[^\s/\"'<>\\?#]+)[/?#][^\s\"'<>\\)]+")
_INPUT = re.compile(r"input_value=.*?(?=, input_type=)")
"""A pydantic error's quotation of what it could not read."""


class LogHandler(logging.Handler):
    """Formats the libraries' lines where they are logged, and leaves writing to a `LineWriter`."""

    def __init__(self, descriptor: int, buffer_bytes: int, on_gap: Callable[[int], None]) -> None:
        super().__init__()
        self.writer = LineWriter(descriptor, buffer_bytes, on_gap)

    def emit(self, record: logging.LogRecord) -> None:
        """Put a line in the queue; one that cannot be formatted is replaced by its name."""
        try:
            line = self.format(record)
        except Exception as error:  # noqa: BLE001 - logging must not fail its caller
            line = not_formatted(error)
        self.write(line)

    def write(self, line: str) -> None:
        """Put a formatted line in the queue."""
        self.writer.put(f"{redacted(line)}\n".encode("utf-8", "backslashreplace"))

    def close(self) -> None:
        """Write what still waits; `logging` calls this when the process ends."""
        self.writer.close()
        super().close()


class LineLogger:
    """What structlog passes our own lines to, formatted, by a method for each level.

    A record of `logging` for each would take longer than all else about it.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self.debug = self.info = self.warning = self.error = self.critical = write


def not_formatted(error: Exception) -> str:
    """Make the line in the place of one that could not be formatted."""
    return f'{{"event": "log.line_not_formatted", "error": "{type(error).__name__}"}}'


def redacted(line: str) -> str:
    """Replace what libraries quote in their errors: order ids, addresses, URLs' paths, input."""
    line = _ORDER_ID.sub(lambda found: f"order {log_id(found[0])}", line)
    if "@" in line:
        line = _MAIL_ADDRESS.sub("(an address)", line)
    if "://" in line:
        line = _URL_PATH.sub(r"\1/(a path)", line)
    return _INPUT.sub("input_value=(left out)", line) if "input_value=" in line else line
