"""What a reader passes on each path stays within its limits: `make paths`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_path_runs_through_more_files_or_functions_than_its_limit() -> None:
    measured = subprocess.run(
        [sys.executable, "-m", "benchmarks.paths"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "a notifier's start" in measured.stdout
    assert measured.returncode == 0, measured.stdout + measured.stderr
