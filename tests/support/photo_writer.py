"""Writes photos into a folder, and is killed before each of its calls to the file system in turn.

`python -m tests.support.photo_writer FOLDER` prints a line of JSON for each writer: the folder that
it wrote into, what it called, and what it had acknowledged before it was killed, if it was.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.photos.contract import Rendition
from shared.photos.folder import PhotoFolder

BODY = b"a picture of a latte"
PHOTO = "0123456789abcdef" * 2
RENDITIONS = (
    Rendition("320.webp", "image/webp", b"a webp"),
    Rendition("fallback.jpg", "image/jpeg", b"a jpeg"),
)
_CALLS = ("open", "write", "fsync", "link", "mkdir", "unlink", "close")


def write_all(folder: Path, acknowledge: Callable[[str], None]) -> None:
    """Upload a picture, store its renditions, and delete the upload, as the services do."""
    photos = PhotoFolder(folder, "main")
    with photos.new_draft() as draft:
        draft.write(BODY[:5])
        draft.write(BODY[5:])
        uploaded = photos.add_upload(draft, "latte", "")
        acknowledge("uploaded")
    photos.put(PHOTO, RENDITIONS)
    acknowledge("put")
    photos.delete_upload("latte", uploaded.version_id)
    acknowledge("deleted")


def killed_at(number: int, folder: Path, report: int) -> None:
    """Write, and be killed before the call of that number."""
    write_line = os.write
    calls = itertools.count(1)

    def watched(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def calling(*args: Any, **options: Any) -> Any:
            if next(calls) == number:
                os.kill(os.getpid(), signal.SIGKILL)
            write_line(report, f"{name} {_path(args[0])}\n".encode())
            return call(*args, **options)

        return calling

    for name in _CALLS:
        setattr(os, name, watched(name, getattr(os, name)))

    def acknowledge(what: str) -> None:
        write_line(report, f"acknowledged {what}\n".encode())

    write_all(folder, acknowledge)


def _path(target: int | str | Path) -> str:
    return str(Path(f"/proc/self/fd/{target}").readlink() if isinstance(target, int) else target)


def run(folder: Path) -> None:
    """Start one writer after the other, until one comes to its end."""
    for number in itertools.count(1):
        own = folder / str(number)
        reading, writing = os.pipe()
        writer = os.fork()
        if not writer:
            os.close(reading)
            killed_at(number, own, writing)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as report:
            lines = report.read().splitlines()
        _, status = os.waitpid(writer, 0)
        killed = os.WIFSIGNALED(status)
        found = {"folder": str(own), "lines": lines, "killed": killed}
        sys.stdout.write(f"{json.dumps(found)}\n")
        sys.stdout.flush()
        if not killed:
            sys.exit(os.WEXITSTATUS(status))


if __name__ == "__main__":
    run(Path(sys.argv[1]))
