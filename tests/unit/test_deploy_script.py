"""`deploy/deploy` without an account; `tests/e2e/test_three_places.py` deploys with it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.templates import DEPLOY, parameters

BUCKET = "PhotosBucket=cafe-photos"
OF_PLATFORM = [
    f"{name}=x"
    for name, found in parameters("platform.yaml").items()
    if "Default" not in found and not name.endswith(("RoleArn", "TableName", "PhotosBucket"))
]


def deploy(*words: str, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DEPLOY / "deploy", *words],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env={"PATH": path, "HOME": "/nonexistent"},
    )


@pytest.fixture
def without_aws(tmp_path: Path) -> str:
    for program in ("awk", "bash", "cut", "dirname", "fold", "grep", "sed", "cat"):
        found = shutil.which(program)
        assert found is not None
        (tmp_path / program).symlink_to(found)
    return str(tmp_path)


def test_a_dry_run_shows_each_command_in_order_and_calls_nothing(without_aws: str) -> None:
    ran = deploy("--dry-run", "--prefix", "cafe-", "all", BUCKET, *OF_PLATFORM, path=without_aws)
    assert (ran.returncode, ran.stderr) == (0, "")
    commands = [shlex.split(line) for line in ran.stdout.splitlines()]
    stacks = [command[command.index("--stack-name") + 1] for command in commands]
    assert stacks == [f"cafe-coffeeshop-{one}" for one in ("data", "roles", "platform", "backup")]
    for template, command in zip(("data", "roles", "platform", "backup"), commands, strict=True):
        given = command[command.index("--parameter-overrides") + 1 :]
        named = {one.partition("=")[0] for one in given}
        declared = parameters(f"{template}.yaml")
        assert named <= declared.keys()
        assert {name for name, found in declared.items() if "Default" not in found} <= named
        assert "NamePrefix=cafe-" in given
    assert "ProducerRoleArn=<ProducerRoleArn of cafe-coffeeshop-roles>" in commands[2]
    for command in commands[1:3]:  # two shops in one account have a cluster each
        assert "Cluster=cafe-coffeeshop" in command


def test_all_that_is_missing_is_told_at_once_with_what_it_is() -> None:
    ran = deploy("--dry-run", "all")
    assert ran.returncode == 2
    assert "data.yaml needs, as Name=Value:\n  PhotosBucket: A new bucket" in ran.stderr
    assert "  CertificateArn: A certificate of ACM" in ran.stderr
    assert ran.stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Which command: data, roles, platform, backup, all, or outputs?"),
        (["dta"], "There is no command dta."),
        (["--dry", "data"], "There is no option --dry."),
        (["data", "roles"], "One command at a time: data, or roles."),
        (["--dry-run", "data", BUCKET, "Imgae=x"], "Imgae is no parameter of: data."),
        (["data", "NamePrefix=cafe-"], "The prefix is set by --prefix."),
        (["--prefix", "Café", "data"], "A prefix has up to 30 of a-z, 0-9 and -"),
        (["data", "--prefix"], "--prefix needs a value."),
    ],
)
def test_a_mistake_is_one_line_and_status_2(words: list[str], said: str) -> None:
    ran = deploy(*words)
    assert ran.returncode == 2
    assert ran.stderr.startswith(said)
    assert ran.stderr.endswith("deploy/deploy --help explains.\n")


def test_without_the_aws_cli_it_says_where_it_is(without_aws: str) -> None:
    ran = deploy("data", BUCKET, path=without_aws)
    assert ran.returncode == 2
    assert ran.stderr.startswith("The AWS CLI is missing: https://")


def test_the_help_fits_a_terminal_and_names_what_has_no_default() -> None:
    ran = deploy("--help")
    assert ran.returncode == 0
    lines = ran.stdout.splitlines()
    assert [line for line in lines if len(line) > 80 and "/" not in line] == []
    assert {one.partition("=")[0] for one in [BUCKET, *OF_PLATFORM]} <= set(ran.stdout.split())
