"""Parts that are kept say at which commit they were measured, and so does their summary."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.bench.kept import KEPT, KeptPart, kept_parts, part_path, summary
from benchmarks.bench.provenance import UNKNOWN, Provenance, checked_out_commit
from benchmarks.section import Bound, Section

HERE = Provenance("c0ffee1", "2 cores of a small machine")
LATER = Provenance("c0ffee2+", HERE.machine)
ELSEWHERE = Provenance("c0ffee1", "64 cores of a large one")


def part(name: str, provenance: Provenance = HERE) -> KeptPart:
    section = Section(name, name.title(), "…", [Bound(what=f"{name}: CPU", figure=1, limit=2)])
    return KeptPart(section, provenance)


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@shop.example")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with one commit."""
    folder = tmp_path / "clone"
    (folder / "docs").mkdir(parents=True)
    (folder / "docs/performance.md").write_text("measured\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--no-gpg-sign", "-m", "docs: a page")
    return folder


def test_a_part_is_read_as_it_was_kept(tmp_path: Path) -> None:
    for name in ("engine", "idle"):
        part(name).save(part_path(tmp_path / "made", name))

    kept = kept_parts(tmp_path / "made", ("engine", "idle"))

    assert kept == {"engine": part("engine"), "idle": part("idle")}


def test_parts_are_not_complete_while_one_is_missing_or_does_not_say_its_commit(
    tmp_path: Path,
) -> None:
    part("engine").save(part_path(tmp_path, "engine"))
    assert kept_parts(tmp_path, ("engine", "idle")) is None

    part_path(tmp_path, "idle").write_text(json.dumps(asdict(part("idle").section)))
    assert kept_parts(tmp_path, ("engine", "idle")) is None


def test_parts_are_kept_in_the_repository_wherever_the_command_is_run() -> None:
    assert Path(__file__).parents[3] / "build/bench" == KEPT


def test_a_summary_of_one_run_says_its_machine_and_its_commit() -> None:
    text = summary({"engine": part("engine"), "idle": part("idle")}, "make bench")

    assert text.splitlines()[2] == "On 2 cores of a small machine; `make bench`, at c0ffee1."
    assert "| engine: CPU |" in text
    assert "| idle: CPU |" in text


def test_a_summary_names_the_parts_of_other_commits_and_machines() -> None:
    measured = {
        "engine": HERE,
        "start": LATER,
        "idle": LATER,
        "dollars": ELSEWHERE,
        "cashier": HERE,
    }
    parts = {name: part(name, provenance) for name, provenance in measured.items()}

    assert summary(parts, "make bench").splitlines()[2] == (
        "On 2 cores of a small machine; `make bench`, at c0ffee1."
        " Measured apart: start, idle at c0ffee2+;"
        " dollars on 64 cores of a large one, at c0ffee1."
    )


def test_the_commit_is_marked_once_files_differ_from_it(clone: Path) -> None:
    commit = checked_out_commit(clone)
    assert len(commit) >= 4
    assert "+" not in commit

    (clone / "new.py").write_text("")

    assert checked_out_commit(clone) == f"{commit}+"


def test_what_the_benchmarks_write_themselves_does_not_mark_it(clone: Path) -> None:
    commit = checked_out_commit(clone)
    (clone / "docs/performance.md").write_text("measured again\n")
    (clone / "docs/performance").mkdir()
    (clone / "docs/performance/engine.png").write_bytes(b"\x89PNG")
    (clone / "README.md").write_text("figures\n")

    assert checked_out_commit(clone) == commit


def test_a_copy_without_its_history_is_of_an_unknown_commit(clone: Path) -> None:
    copy = clone / "unpacked"
    copy.mkdir()

    assert checked_out_commit(copy) == UNKNOWN


def test_without_git_the_commit_is_unknown(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(clone))

    assert checked_out_commit(clone) == UNKNOWN
