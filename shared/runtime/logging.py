"""Structured logs: JSON for machines, colours on a terminal; writing them blocks nobody."""

from __future__ import annotations

import io
import logging
import re
import sys
import threading
from types import TracebackType
from typing import TextIO

import structlog

from shared.domain.order import log_id
from shared.domain.visible_text import visible
from shared.runtime.line_writer import LineWriter
from shared.runtime.settings import LogFormat
from shared.tracing.process import tracing

_TRACEBACKS = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
"""Tracebacks as data, without local variables: they may hold a customer's name or a key."""

_ORDER_ID = re.compile(r"\b[a-z2-7]{26}\b")
_MAIL_ADDRESS = re.compile(r"[^\s\"'<>()\[\]:,;\\]+@[^\s\"'<>()\[\]:,;\\]+")
_URL_PATH = re.compile(r"(https?://[^\s/\"'<>\\?#]+)[/?#][^\s\"'<>\\)]+")
_INPUT = re.compile(r"input_value=.*?(?=, input_type=)")
"""A pydantic error's quotation of what it could not read."""

log = structlog.stdlib.get_logger(__name__)


class LogHandler(logging.Handler):
    """Formats lines where they are logged, and leaves writing them to a `LineWriter`."""

    def __init__(self, descriptor: int, buffer_bytes: int) -> None:
        super().__init__()
        self.writer = LineWriter(descriptor, buffer_bytes, _report_gap)

    def emit(self, record: logging.LogRecord) -> None:
        """Put a line in the queue; one that cannot be formatted is replaced by its name."""
        try:
            line = self.format(record)
        except Exception as error:  # noqa: BLE001 - logging must not fail its caller
            line = f'{{"event": "log.line_not_formatted", "error": "{type(error).__name__}"}}'
        self.writer.put(f"{redacted(line)}\n".encode("utf-8", "backslashreplace"))

    def close(self) -> None:
        """Write what still waits; `logging` calls this when the process ends."""
        self.writer.close()
        super().close()


def redacted(line: str) -> str:
    """Replace what libraries quote in their errors: order ids, addresses, URLs' paths, input."""
    line = _ORDER_ID.sub(lambda found: f"order {log_id(found[0])}", line)
    if "@" in line:
        line = _MAIL_ADDRESS.sub("(an address)", line)
    if "://" in line:
        line = _URL_PATH.sub(r"\1/(a path)", line)
    return _INPUT.sub("input_value=(left out)", line) if "input_value=" in line else line


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
    structlog.configure(
        processors=[*steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers[:] = [_handler(steps, buffer_kib, on_terminal=on_terminal)]
    root.setLevel(level)
    for noisy in ("botocore", "aiobotocore", "aiohttp.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_crash
    threading.excepthook = _log_crash_of_thread


def _steps(service: str, *, on_terminal: bool) -> list[structlog.typing.Processor]:
    def add_service(
        _: object, __: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        """Name the service on every line, whatever thread or task logs it, and its trace."""
        event["service"] = service
        event.update(tracing().log_fields())
        return event

    steps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        add_service,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not on_terminal:
        steps.append(structlog.processors.ExceptionRenderer(_TRACEBACKS))
    return steps


def _handler(
    steps: list[structlog.typing.Processor], buffer_kib: int, *, on_terminal: bool
) -> logging.Handler:
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=_visible_traceback)
        if on_terminal
        else structlog.processors.JSONRenderer()
    )
    if sys.stderr is None:  # closed at the start: the descriptor may be somebody else's by now
        return logging.NullHandler()
    handler = LogHandler(sys.stderr.fileno(), buffer_kib * 1024)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=steps,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *([_visible_values] if on_terminal else []),
                renderer,
            ],
        )
    )
    return handler


def _visible_values(
    _: object, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Let no text from outside be obeyed by the terminal; JSON escapes it anyway."""
    return {name: visible(text) if isinstance(text, str) else text for name, text in event.items()}


def _visible_traceback(stream: TextIO, error: structlog.typing.ExcInfo) -> None:
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
