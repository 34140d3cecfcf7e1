"""A test of the tests: each precaution taken out of the source text makes named tests fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from tests.model import mutated_runs
from tests.model.mutated_runs import Run
from tests.model.source_mutations import MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]
COPIED = ("producer", "worker", "notifier", "shared", "shop", "tests", "pyproject.toml")
HALF_WRITTEN = shutil.ignore_patterns("*.pyc.*")
QUICKLY = ("-p", "pytest_asyncio.plugin", "-p", "pytest_timeout", "-p", "no:cacheprovider", "-q")
WITHOUT_EMULATORS = ("--noconftest", "-p", "tests.contract.conftest")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the product and its tests, compiled files included, as they save seconds."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=HALF_WRITTEN)
        else:
            shutil.copy2(source, tmp_path / name)
    return tmp_path


def needs_emulator(test: str) -> bool:
    return "[ministack" in test or "cashier" in test


@pytest.fixture(scope="module")
def runs() -> Iterator[subprocess.Popen[str]]:
    """The program that runs the tests of copies."""
    command = [sys.executable, "-P", mutated_runs.__file__]
    quiet = {"PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    with subprocess.Popen(
        command,
        env={**os.environ, **quiet},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def run(
    runs: subprocess.Popen[str], copy: Path, module: str, tests: Collection[str]
) -> tuple[int, str]:
    """Run tests of the copy in their own process; return its exit status and output."""
    plugins = QUICKLY if any(map(needs_emulator, tests)) else (*QUICKLY, *WITHOUT_EMULATORS)
    output = copy / "output"
    assert runs.stdin is not None
    assert runs.stdout is not None
    runs.stdin.write(Run(str(copy), module, [*plugins, *tests], str(output)).line)
    runs.stdin.flush()
    return int(runs.stdout.readline()), output.read_text()


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS.keys())
def test_what_is_taken_out_is_missed(
    runs: subprocess.Popen[str], copy: Path, mutation: Mutation
) -> None:
    mutated = copy / mutation.path
    source = mutated.read_text()
    assert source.count(mutation.old) == 1, "the text to mutate is not there any more"
    mutated.write_text(source.replace(mutation.old, mutation.new))
    status, output = run(runs, copy, mutation.module, mutation.tests)
    assert status == pytest.ExitCode.TESTS_FAILED, output
    assert f"{len(mutation.tests)} failed in" in output, output


def test_nothing_is_missed_when_nothing_is_taken_out(
    runs: subprocess.Popen[str], copy: Path
) -> None:
    named = {test for mutation in MUTATIONS.values() for test in mutation.tests}
    tests = sorted(test for test in named if not needs_emulator(test))
    status, output = run(runs, copy, "worker.barista", tests)
    assert status == pytest.ExitCode.OK, output
    assert f"{len(tests)} passed in" in output, output
