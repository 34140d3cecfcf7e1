"""`python -S -P -m worker.photos.renderer KIND`: renders what is on stdin.

It is a process of its own, as decoders are where a hostile picture would attack: before it reads a
byte, it gives up opening files and sockets, starting processes, and using much memory or time. The
answer on stdout is a line of JSON, then the renditions one after the other.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import shutil
import sys

from worker.photos.drawing import draw, prepare

MEMORY_LIMIT = 200 * 2**20
"""Of addresses, code included; an allocation beyond it fails."""

CPU_SECONDS = 10

_NICENESS = 10
"""On a machine that is busy, orders come first."""

_LIMITS = {
    "RLIMIT_AS": MEMORY_LIMIT,
    "RLIMIT_CPU": CPU_SECONDS,
    "RLIMIT_FSIZE": 0,
    "RLIMIT_NOFILE": 3,
    "RLIMIT_NPROC": 0,
    "RLIMIT_CORE": 0,
}


def main() -> None:
    """Render one picture."""
    prepare()
    _limit_itself()
    try:
        file = io.BytesIO()
        shutil.copyfileobj(sys.stdin.buffer, file)  # one read of all would take it twice
        drawn = draw(sys.argv[1], file)
    except BaseException as error:  # noqa: BLE001 - hostile bytes make Pillow raise anything
        _answer({"error": f"{type(error).__name__}: {error}"[:300]})
        return
    bodies = (*drawn.webps, drawn.fallback)
    _answer(
        {
            "width": drawn.width,
            "height": drawn.height,
            "widths": drawn.widths,
            "color": drawn.color,
            "placeholder": drawn.placeholder,
            "likeness": drawn.likeness,
            "lengths": [len(body) for body in bodies],
        },
        *bodies,
    )


def _limit_itself() -> None:
    os.nice(_NICENESS)
    for name, most in _LIMITS.items():
        with contextlib.suppress(AttributeError, OSError, ValueError):  # macOS has not all of them
            resource.setrlimit(getattr(resource, name), (most, most))


def _answer(header: dict[str, object], *bodies: bytes) -> None:
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n")
    for body in bodies:
        sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
