"""Writes lines to a descriptor on a thread of its own, so that a slow reader holds up nobody."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from queue import SimpleQueue

_FLUSH_SECONDS = 2.0
"""How long the lines that still wait may take when the writer is closed."""


class LineWriter:
    """Writes lines in their order; those that do not fit into `buffer_bytes` are dropped.

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
        self._lock = threading.RLock()  # a finalizer that logs may interrupt `put`
        self._thread = threading.Thread(target=self._write_lines, name="line writer", daemon=True)
        self._thread.start()

    def put(self, line: bytes) -> None:
        """Take a line, which ends with a newline, or drop it."""
        with self._lock:
            room = self._buffer_bytes // 2 if self._missing else self._buffer_bytes
            if self._waiting + len(line) > room:
                self._drop()
                return
        self._report_gap()
        with self._lock:
            self._waiting += len(line)
        self._lines.put(line)

    def close(self) -> None:
        """Write what still waits, for up to two seconds."""
        self._lines.put(None)
        self._thread.join(_FLUSH_SECONDS)

    def _write_lines(self) -> None:
        while (line := self._lines.get()) is not None:
            written = self._write(line)
            with self._lock:
                self._waiting -= len(line)
                self._failing = not written
                if not written:
                    self._drop()
            if self._lines.empty():
                self._report_gap()

    def _write(self, line: bytes) -> bool:
        """Write a whole line, however long the reader takes; return false when nobody can."""
        rest = memoryview(line)
        while rest:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [])
            except OSError:
                return False
        return True

    def _drop(self) -> None:
        self.dropped += 1
        self._missing += 1

    def _report_gap(self) -> None:
        # Without the lock: `on_gap` may log, and wait for another thread that logs.
        with self._lock:
            missing = 0 if self._failing else self._missing
            self._missing -= missing
        if missing:
            self._on_gap(missing)
