"""Folders that are mounted for a test."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

needs_mounting = pytest.mark.skipif(
    os.geteuid() != 0 and "COFFEE_TESTS_SKIP_NOTHING" not in os.environ,
    reason="only root may mount",
)


@contextlib.contextmanager
def read_only(folder: Path, at: Path) -> Iterator[Path]:
    """Show a folder at another path too, where nobody can write, not even root."""
    at.mkdir()
    subprocess.run(["mount", "--bind", folder, at], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", at], check=True)
        yield at
    finally:
        subprocess.run(["umount", "--lazy", at], check=True)
