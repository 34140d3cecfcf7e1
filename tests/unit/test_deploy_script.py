"""`deploy/deploy` without an account; `tests/e2e/test_three_places.py` deploys with it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.templates import DEPLOY, parameters

BUCKET = "PhotosBucket=cafe-photos"
OF_PLATFORM = [
    f"{name}=x"
    for name, found in parameters("platform.yaml").items()
    if "Default" not in found and not name.endswith(("RoleArn", "TableName", "PhotosBucket"))
]


def deploy(
    *words: str, path: str = os.environ["PATH"], **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DEPLOY / "deploy", *words],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env={"PATH": path, "HOME": "/nonexistent", **variables},
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


def test_another_endpoint_is_told_to_an_aws_cli_that_does_not_read_the_variable() -> None:
    ran = deploy("--dry-run", "data", BUCKET, AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert ran.stdout.startswith("aws --endpoint-url http://127.0.0.1:1 cloudformation deploy ")


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
        (["outputs", "Image=x"], "outputs takes no Name=Value."),
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


@pytest.fixture
def account(without_aws: str, tmp_path: Path) -> Account:
    """An AWS CLI that writes down how it is called, and answers from files beside it."""
    program = Path(without_aws) / "aws"
    program.write_text(
        f"""#!{shutil.which("bash")}
        cd {shlex.quote(str(tmp_path))}
        printf '%s\\n' "$*" >> calls
        case "$*" in
          *describe-stack-events*) cat events 2> /dev/null ;;
          *StackStatus*)
            cat error >&2 2> /dev/null && exit 254
            cat "status-$4" 2> /dev/null && exit
            echo "Stack with id $4 does not exist" >&2
            exit 254
            ;;
          *Outputs*) cat output 2> /dev/null || echo "a-value" ;;
          *deploy*) exec sh -c "exit $(cat code 2> /dev/null || echo 0)" ;;
        esac
        """
    )
    program.chmod(0o755)
    for tool in ("head", "sh"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "/bin/sh")
    return Account(tmp_path)


@dataclass(frozen=True)
class Account:
    folder: Path

    def has(self, stack: str, status: str = "CREATE_COMPLETE") -> None:
        (self.folder / f"status-{stack}").write_text(status)

    def says(self, what: str, text: str) -> None:
        (self.folder / what).write_text(f"{text}\n")

    def deploy(self, *words: str) -> subprocess.CompletedProcess[str]:
        return deploy("--prefix", "cafe-", *words, path=str(self.folder))

    def deployed(self) -> list[list[str]]:
        calls = (self.folder / "calls").read_text().splitlines()
        return [call.split() for call in calls if call.startswith("cloudformation deploy ")]


def test_values_are_passed_on_between_stacks(account: Account) -> None:
    ran = account.deploy("roles")
    assert ran.returncode == 0, ran.stderr
    (call,) = account.deployed()
    assert {"TableName=a-value", "PhotosBucket=a-value", "Cluster=cafe-coffeeshop"} <= set(call)


def test_what_a_stack_has_from_before_stays(account: Account) -> None:
    account.has("cafe-coffeeshop-platform")
    ran = account.deploy("platform", "MaxWorkers=8")
    assert ran.returncode == 0, ran.stderr
    (call,) = account.deployed()
    given = {one.partition("=")[0] for one in call[call.index("--parameter-overrides") + 1 :]}
    assert "MaxWorkers=8" in call
    assert given.isdisjoint({"TableName", "PhotosBucket", "Cluster", "Image"})
    assert "ProducerRoleArn" in given


def test_a_deployment_that_fails_says_what_and_is_status_1(account: Account) -> None:
    account.has("cafe-coffeeshop-roles")
    account.says("code", "1")
    account.says("events", "ProducerService image not found")
    ran = account.deploy("roles")
    assert ran.returncode == 1
    assert ran.stderr.endswith("What failed:\nProducerService image not found\n")


def test_what_aws_refuses_before_it_begins_is_told_by_the_aws_cli_alone(account: Account) -> None:
    account.says("code", "1")
    ran = account.deploy("roles")
    assert ran.returncode == 1
    assert ran.stderr.endswith("cafe-coffeeshop-roles was not deployed.\n")


def test_a_stack_that_cannot_be_looked_at_is_not_taken_for_a_new_one(account: Account) -> None:
    """As a new one, it would get the table of data.yaml in place of the restored one."""
    account.has("cafe-coffeeshop-platform")
    account.says("error", "Rate exceeded")
    ran = account.deploy("platform", "MaxWorkers=8")
    assert ran.returncode == 1
    assert ran.stderr == "cafe-coffeeshop-platform cannot be looked at: Rate exceeded\n"
    assert account.deployed() == []


def test_a_stack_whose_change_set_was_never_executed_is_given_all_values(account: Account) -> None:
    account.has("cafe-coffeeshop-roles", "REVIEW_IN_PROGRESS")
    assert account.deploy("roles").returncode == 0
    (call,) = account.deployed()
    assert "TableName=a-value" in call


def test_an_output_that_a_stack_lacks_is_told(account: Account) -> None:
    account.says("output", "None")
    ran = account.deploy("roles")
    assert ran.returncode == 1
    assert ran.stderr == "cafe-coffeeshop-data has no output TableName: deploy data again.\n"


def test_outputs_are_those_of_the_stacks_that_are_there(account: Account) -> None:
    account.has("cafe-coffeeshop-data")
    ran = account.deploy("outputs")
    assert (ran.returncode, ran.stdout) == (0, "a-value\n")
    assert ran.stderr == "cafe-coffeeshop-data\n"


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED"])
def test_what_is_left_of_a_failed_creation_is_told_before_anything_is_deployed(
    account: Account, status: str
) -> None:
    account.has("cafe-coffeeshop-roles", status)
    ran = account.deploy("all", BUCKET, *OF_PLATFORM)
    assert ran.returncode == 1
    assert "aws cloudformation delete-stack --stack-name cafe-coffeeshop-roles" in ran.stderr
    assert account.deployed() == []
