"""Writes lines to a descriptor on a thread of its own, so that a slow reader holds up nobody."""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue

_FLUSH_SECONDS = 2.0
"""How long the lines that still wait may take when the writer is closed."""

_GATHER_SECONDS = 0.01
"""How long lines gather after a write: the thread holds up the event loop each time it wakes."""


class LineWriter:
    """Writes lines in their order, those of a moment together.

    Lines that do not fit into `buffer_bytes` are dropped.
    After a drop, lines are taken again once half the buffer is free, or the descriptor can be
    written again; `on_gap` is called first, with the number of lines that are missing.
    """

    def __init__(
        self, descriptor: int, buffer_bytes: int, on_gap: Callable[[int], None] = lambda _: None
    ) -> None:
        self.dropped = 0
        self._descriptor = descriptor
        self._buffer_bytes = buffer_bytes
        self._on_gap = on_gap
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._waiting = 0
        self._missing = 0
        self._failing = False
        self._closing = threading.Event()
        self._lock = threading.RLock()  # a finalizer that logs may interrupt `put`
        self._thread = threading.Thread(target=self._write_lines, name="line writer", daemon=True)
        self._thread.start()

    def put(self, line: bytes) -> None:
        """Take a line, which ends with a newline, or drop it."""
        with self._lock:
            room = self._buffer_bytes // 2 if self._missing else self._buffer_bytes
            if self._waiting + len(line) > room:
                self._drop(1)
                return
            self._waiting += len(line)
            is_gap = self._missing > 0
        if is_gap:
            self._report_gap()
        self._lines.put(line)

    def close(self) -> None:
        """Write what still waits, and report what is missing, within two seconds."""
        if not self._closing.is_set():
            self._closing.set()
            self._lines.put(None)
        self._thread.join(_FLUSH_SECONDS)

    def _write_lines(self) -> None:
        while (line := self._lines.get()) is not None:
            self._write([line, *self._waiting_lines()])
            if self._lines.empty():
                self._report_gap()
            self._closing.wait(_GATHER_SECONDS)
        self._failing = False  # the last line is tried, and tells what is missing
        self._report_gap()
        self._write([*self._waiting_lines()])

    def _waiting_lines(self) -> Iterator[bytes]:
        """Take the lines that wait; the end of all is left where it is."""
        with contextlib.suppress(Empty):
            while (line := self._lines.get_nowait()) is not None:
                yield line
            self._lines.put(None)

    def _write(self, lines: Sequence[bytes]) -> None:
        """Write whole lines, however long the reader takes; drop them when nobody can."""
        rest, failing = memoryview(b"".join(lines)), False
        while rest and not failing:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [])
            except OSError:
                failing = True
        with self._lock:
            self._waiting -= sum(map(len, lines))
            self._failing = failing
            if failing:
                self._drop(len(lines))

    def _drop(self, lines: int) -> None:
        self.dropped += lines
        self._missing += lines

    def _report_gap(self) -> None:
        # Without the lock: `on_gap` may log, and wait for another thread that logs.
        with self._lock:
            missing = 0 if self._failing else self._missing
            self._missing -= missing
        if missing:
            self._on_gap(missing)
