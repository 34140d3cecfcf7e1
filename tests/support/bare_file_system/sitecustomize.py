"""Python runs this at its start: the file system lacks what `LACKING` lists, as vfat or 9p does."""

from __future__ import annotations

import errno
import fcntl
import os
import pathlib
from typing import Any, NoReturn


def _lacking(*_: Any, **__: Any) -> NoReturn:
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


for name in os.environ["LACKING"].split(","):
    setattr(fcntl if name == "flock" else os, name, _lacking)
    if name == "chmod":
        pathlib.Path.chmod = _lacking  # type: ignore[method-assign]
