"""The lock on the state folder: one shop at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from shared.runtime.startup import StartupError

LAST_SHOP_SECONDS = 10.0
"""How long the last shop may still take to save its state: if it was killed, a poll longer."""


class StateDirError(StartupError):
    """The state folder cannot be used; the message says why."""


@contextlib.contextmanager
def locked(state_dir: Path, seconds: float = LAST_SHOP_SECONDS) -> Iterator[int]:
    """Hold the state folder, creating it if need be; gives the lock's file descriptor.

    A child that inherits the descriptor holds the lock too, until it ends. Raises StateDirError
    when the folder cannot be written, or another shop still holds it after `seconds`.
    """
    path = state_dir / "shop.lock"
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StateDirError(
            f"The folder {state_dir}/ cannot be written: {error.strerror}. "
            "COFFEE_STATE_DIR names another."
        ) from error
    try:
        _wait_for(descriptor, state_dir, seconds)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, state_dir: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise StateDirError(_explain(descriptor, state_dir)) from error
            time.sleep(0.05)
        except OSError as error:  # some network and FUSE file systems have none
            raise StateDirError(
                f"The folder {state_dir}/ cannot be locked: {error.strerror}. Orders need a file "
                "system with locks; COFFEE_STATE_DIR names another folder."
            ) from error
        else:
            return


def _explain(descriptor: int, state_dir: Path) -> str:
    holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
    if holder.isdecimal() and not _runs(int(holder)):
        return (
            f"The last shop (process {holder}) in {state_dir}/ was killed, and its baristas are "
            "still finishing their orders; try again in a moment."
        )
    return (
        f"Another shop (process {holder or 'unknown'}) is open in {state_dir}/; close it first, "
        "or name another folder with COFFEE_STATE_DIR."
    )


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, and is somebody else's
        return True
    return True
