"""The staff key: the one from settings, or one made on first start and kept in a file.

While it is rotated there is an old one beside it, which opens the same.
"""

from __future__ import annotations

import contextlib
import errno
import hmac
import os
import re
import secrets
from pathlib import Path

import structlog

from shared.runtime.startup import StartupError

FILE_NAME = "staff-key"
OLD_FILE_NAME = "staff-key-old"
SHORTEST = 16
FEWEST_DIFFERENT = 8
"""Characters of a key: with fewer it can be guessed."""

VISIBLE_ASCII = re.compile(r"[!-~]+")

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
"""How file systems say that they have no links: vfat, some of FUSE, SMB and 9p."""

log = structlog.stdlib.get_logger(__name__)


class UnusableStaffKeyError(StartupError):
    """A staff key can be guessed, a header cannot carry it, or the old one is the new one."""


def load_or_create_staff_key(
    settings_key: str | None, state_dir: Path, *, with_parents: bool = True
) -> str:
    """Return `settings_key` when there is one, else the key in `state_dir`.

    If there is none, one is made, and `with_parents` the folder, too. Processes that start at once
    agree on one key. Raises UnusableStaffKeyError, and OSError when the file can be neither read
    nor created.
    """
    if settings_key:
        return _checked(settings_key, "COFFEE_STAFF_KEY")
    path = state_dir / FILE_NAME
    if with_parents:
        state_dir.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _create(path)
    return _read(path)


def load_old_staff_key(settings_key: str | None, state_dir: Path, new: str) -> str | None:
    """Return `settings_key` when there is one, else the key in `state_dir`, if there is that.

    Raises UnusableStaffKeyError, also when it is the `new` one: then nothing is rotated. Raises
    OSError when the file cannot be read.
    """
    path = state_dir / OLD_FILE_NAME
    if settings_key:
        origin = "COFFEE_STAFF_KEY_OLD"
        old = _checked(settings_key, origin)
    elif path.exists():
        origin, old = str(path), _read(path)
    else:
        return None
    if hmac.compare_digest(old, new):
        raise UnusableStaffKeyError(f"the old staff key in {origin} is the new one; remove it")
    return old


def _read(path: Path) -> str:
    _keep_private(path)
    return _checked(path.read_text(errors="replace").strip(), str(path))


def _create(path: Path) -> None:
    """Write a new key to a draft and link it to its name, unless another process was faster."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    key = secrets.token_urlsafe(32)
    with contextlib.suppress(FileExistsError):
        try:
            _write_new(draft, key)
            os.link(draft, path)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            _write_new(path, key)
        finally:
            draft.unlink(missing_ok=True)


def _write_new(path: Path, key: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{key}\n")
        file.flush()
        os.fsync(file.fileno())


def _keep_private(path: Path) -> None:
    """Remove other users' permissions from a file that was copied or edited carelessly."""
    if path.stat().st_mode & 0o077:
        try:
            path.chmod(0o600)
        except OSError as error:  # vfat and some network file systems have no modes
            log.warning("staff_key.is_readable_by_others", path=str(path), error=error.strerror)
        else:
            log.warning("staff_key.was_readable_by_others", path=str(path))


def _checked(key: str, origin: str) -> str:
    if not VISIBLE_ASCII.fullmatch(key):
        message = (
            f"the staff key in {origin} must be visible ASCII characters without spaces, "
            "and at least one; remove it to have one made"
        )
        raise UnusableStaffKeyError(message)
    if len(key) < SHORTEST or len(set(key)) < FEWEST_DIFFERENT:
        message = (
            f"the staff key in {origin} can be guessed: it must have {SHORTEST} characters "
            f"or more, {FEWEST_DIFFERENT} of them different; remove it to have one made"
        )
        raise UnusableStaffKeyError(message)
    return key
