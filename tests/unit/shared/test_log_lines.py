"""Lines of the log: ours and the libraries' alike, in their order, each whole."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import logging
import structlog
from shared.runtime.logging import configure_logging
from shared.runtime.settings import LogFormat

class Unspeakable:
    def __repr__(self):
        raise ValueError("no words for it")

configure_logging("test", LogFormat.JSON, "INFO", 64)
log = structlog.stdlib.get_logger("test")
with structlog.contextvars.bound_contextvars(correlation_id="c1"):
    log.debug("too.detailed")
    log.info("order.placed", number="001", where=("a", 1))
    logging.getLogger("library").warning("as %s", "it says")
log.warning("not.spoken", what=Unspeakable())
log.info("key.leaked", error="GET /orders/abcdefghijklmnopqrstuvwxyz failed")
try:
    raise LookupError("no milk")
except LookupError:
    log.exception("order.failed")
"""


def logged(program: str) -> list[dict[str, object]]:
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stderr
    return [json.loads(line) for line in said.splitlines()]


def test_lines_of_ours_and_of_libraries_have_the_same_fields_and_their_order() -> None:
    ours, theirs, *_ = logged(PROGRAM)
    common = {"level", "timestamp", "service", "correlation_id"}

    assert ours.keys() == {"event", "number", "where", *common}
    assert theirs.keys() == {"event", *common}
    assert (ours["event"], theirs["event"]) == ("order.placed", "as it says")
    assert (ours["level"], theirs["level"]) == ("info", "warning")
    assert ours["where"] == ["a", 1]


def test_a_line_that_cannot_be_formatted_is_replaced_and_keeps_nobody_from_working() -> None:
    assert {"event": "log.line_not_formatted", "error": "ValueError"} in logged(PROGRAM)


def test_keys_are_left_out_of_what_is_quoted_and_tracebacks_are_data() -> None:
    *_, leaked, failed = logged(PROGRAM)

    assert "abcdefghijklmnopqrstuvwxyz" not in str(leaked)
    assert failed["level"] == "error"
    assert "no milk" in json.dumps(failed["exception"])
