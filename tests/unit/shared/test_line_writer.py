"""The end of a log that nobody has read for a while."""

from __future__ import annotations

import os
import threading
import time

from shared.runtime.line_writer import LineWriter
from tests.support.pipes import full_pipe

LINE = b"x" * 49 + b"\n"


def test_the_last_line_counts_those_that_were_lost_until_the_end() -> None:
    with full_pipe() as (reader, end):
        writer = LineWriter(end, 2 * len(LINE), lambda lost: writer.put(b"%d lost\n" % lost))
        for _ in range(5):
            writer.put(LINE)
        closing = threading.Thread(target=writer.close)
        closing.start()
        writer._closing.wait()  # noqa: SLF001 - only then may the first lines be written
        full = os.read(reader, 65536)
        closing.join()
        assert os.read(reader, 65536) == 2 * LINE + b"3 lost\n"
        assert (full.strip(b"."), writer.dropped) == (b"\n", 3)


def test_the_last_line_counts_those_that_a_full_disk_had_no_room_for() -> None:
    with full_pipe() as (reader, end):
        log = os.open("/dev/full", os.O_WRONLY)
        writer = LineWriter(log, 2 * len(LINE), lambda lost: writer.put(b"%d lost\n" % lost))
        writer.put(LINE)
        while not writer.dropped:
            time.sleep(0.001)
        os.read(reader, 65536)
        os.dup2(end, log)
        writer.close()
        os.close(log)
        os.set_blocking(reader, False)
        assert os.read(reader, 65536) == b"1 lost\n"
