"""Structured logs: JSON for machines, colours on a terminal; writing them blocks nobody."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, Processor

from shared.domain.visible_text import visible
from shared.runtime.log_handler import LineLogger, LogHandler, not_formatted
from shared.runtime.settings import LogFormat
from shared.tracing.process import tracing

log = structlog.stdlib.get_logger(__name__)

_to_json = json.JSONEncoder(default=repr).encode

_TRACEBACKS = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
"""Tracebacks as data, without local variables: they may hold a customer's name or a key."""


def lines_dropped() -> int:
    """Count the lines that this process has lost because nobody took them."""
    handlers = logging.getLogger().handlers
    return sum(each.writer.dropped for each in handlers if isinstance(each, LogHandler))


def configure_logging(service: str, style: LogFormat, level: str, buffer_kib: int) -> None:
    """Send every log line, the libraries' and a crash's too, to standard error through structlog.

    Lines that nobody reads wait in a buffer of `buffer_kib`; what does not fit is dropped.
    """
    on_terminal = style is LogFormat.CONSOLE or (style is LogFormat.AUTO and _is_terminal())
    steps = _steps(service, on_terminal=on_terminal)
    render = _terminal_line() if on_terminal else _json_line
    root = logging.getLogger()
    root.handlers[:] = [handler := _handler(steps, render, buffer_kib)]
    root.setLevel(level)
    structlog.configure(
        processors=[*steps, _never_failing(render)],
        logger_factory=lambda *_: LineLogger(handler.write),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    for noisy in ("botocore", "aiobotocore", "aiohttp.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_crash
    threading.excepthook = _log_crash_of_thread


def _steps(service: str, *, on_terminal: bool) -> Sequence[Processor]:
    def add_service(_: object, __: str, event: EventDict) -> EventDict:
        """Name the service on every line, whatever thread or task logs it, and its trace."""
        event["service"] = service
        event.update(tracing().log_fields())
        return event

    steps: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        add_service,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not on_terminal:
        steps.append(structlog.processors.ExceptionRenderer(_TRACEBACKS))
    return steps


def _handler(steps: Sequence[Processor], render: Processor, buffer_kib: int) -> LogHandler:
    """Make the handler of all lines; what `logging` brings, it formats as structlog does ours."""
    # Standard error may be closed at the start: its descriptor may be somebody else's by now.
    descriptor = os.open(os.devnull, os.O_WRONLY) if sys.stderr is None else sys.stderr.fileno()
    handler = LogHandler(descriptor, buffer_kib * 1024, _report_gap)
    formatter = structlog.stdlib.ProcessorFormatter
    handler.setFormatter(
        formatter(foreign_pre_chain=steps, processors=[formatter.remove_processors_meta, render])
    )
    return handler


def _never_failing(render: Processor) -> Processor:
    """Have a line that cannot be formatted replaced by its name."""

    def rendered(logger: object, method: str, event: EventDict) -> str:
        try:
            return str(render(logger, method, event))
        except Exception as error:  # noqa: BLE001 - logging must not fail its caller
            return not_formatted(error)

    return rendered


def _json_line(_: object, __: str, event: EventDict) -> str:
    return _to_json(event)


def _terminal_line() -> Processor:
    console = structlog.dev.ConsoleRenderer(exception_formatter=_visible_traceback)
    return lambda logger, method, event: console(logger, method, _visible_values(event))


def _visible_values(event: EventDict) -> EventDict:
    """Let no text from outside be obeyed by the terminal; JSON escapes it anyway."""
    return {name: visible(text) if isinstance(text, str) else text for name, text in event.items()}


def _visible_traceback(stream: TextIO, error: ExcInfo) -> None:
    plain = io.StringIO()
    structlog.dev.plain_traceback(plain, error)
    stream.write("\n".join(map(visible, plain.getvalue().split("\n"))))


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _report_gap(missing: int) -> None:
    log.warning("log.lines_dropped", lines=missing)


def _log_crash(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
    else:
        log.critical("process.crashed", exc_info=error)


def _log_crash_of_thread(crash: threading.ExceptHookArgs) -> None:
    log.error("thread.crashed", exc_info=crash.exc_value)
