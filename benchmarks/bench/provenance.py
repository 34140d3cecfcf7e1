"""At which commit, and on which machine, a part of the page was measured."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import described
from benchmarks.make_run import ROOT

UNKNOWN = "unknown"
_WRITTEN = (":!README.md", ":!docs/performance.md", ":!docs/performance/")
"""What `make bench` itself writes, and does not measure."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """The commit, with a `+` if files differ from it, and the machine in a few words."""

    commit: str
    machine: str


def provenance() -> Provenance:
    """Return what is measured now; the machine is this one."""
    return Provenance(checked_out_commit(ROOT), described())


def checked_out_commit(root: Path) -> str:
    """Return the commit of a clone, with a `+` if its files differ; `unknown` if git cannot say."""
    commit = _git(root, "rev-parse", "--short", "HEAD")
    if not commit:
        return UNKNOWN
    return commit + ("+" if _git(root, "status", "--porcelain", "--", ".", *_WRITTEN) else "")


def measured_where(parts: Mapping[str, Provenance], command: str) -> str:
    """Say of which commit and machine most parts are, and name the others with theirs."""
    ((most, _),) = Counter(parts.values()).most_common(1)
    others: dict[Provenance, list[str]] = {}
    for name, one in parts.items():
        if one != most:
            others.setdefault(one, []).append(name)
    first = f"On {most.machine}; `{command}`, at {most.commit}."
    rest = "; ".join(_apart(names, one, most) for one, names in others.items())
    return f"{first} Measured apart: {rest}." if rest else first


def _apart(names: list[str], one: Provenance, most: Provenance) -> str:
    machine = "" if one.machine == most.machine else f" on {one.machine},"
    return f"{', '.join(names)}{machine} at {one.commit}"


def _git(root: Path, *arguments: str) -> str:
    """Ask git, which must not find a repository that `root` is only a folder of."""
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(root.resolve().parent)}
    try:
        asked = subprocess.run(  # noqa: S603 - arguments of our own
            ["git", *arguments],  # noqa: S607 - the user's git
            check=False,
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
        )
    except OSError:
        return ""
    return asked.stdout.strip() if asked.returncode == 0 else ""
