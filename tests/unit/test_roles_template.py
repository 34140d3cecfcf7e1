"""What no emulator shows of `deploy/roles.yaml`; `tests/e2e/least_privilege` proves the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.templates import resources
from worker.photos import rekognition

RESOURCES = resources("roles.yaml")
ROLES = {
    name: found["Properties"]
    for name, found in RESOURCES.items()
    if found["Type"] == "AWS::IAM::Role"
}


def statements(role: str) -> dict[str, Any]:
    """The statements of a role's one policy, by their names."""
    (policy,) = ROLES[role]["Policies"]
    return {each["Sid"]: each for each in policy["PolicyDocument"]["Statement"]}


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def patterns() -> Iterator[tuple[str, str]]:
    """The statements whose resources have a wildcard, with the end of the name before it."""
    for role in ROLES:
        for name, statement in statements(role).items():
            for resource in listed(statement["Resource"]):
                if "*" in resource:
                    yield f"{role} {name}", resource.rpartition("}")[2]


def test_only_tasks_of_this_account_have_the_roles() -> None:
    for role in ROLES.values():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement == {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": "AWS::AccountId"}},
        }


def test_wildcards_stand_only_for_what_is_named_later() -> None:
    assert set(patterns()) == {
        ("ProducerRole Indexes", "/index/*"),
        ("ProducerRole Uploads", "/*"),
        ("ProducerRole Photos", "/*"),
        ("WorkerRole OwnTasks", "/*"),
        ("PhotoWorkerRole Uploads", "/*"),
        ("PhotoWorkerRole Photos", "/*"),
        ("NotifierRole LiveQueues", "live-*"),
        ("NotifierRole Topics", "*"),
        ("NotifierRole Anywhere", "*"),
        *((f"{role}ExecutionRole Login", "*") for role in services()),
        ("ProducerExecutionRole Logs", "producer:*"),
        ("WorkerExecutionRole Logs", "worker:*"),
        ("PhotoWorkerExecutionRole Logs", "photo-worker:*"),
        ("NotifierExecutionRole Logs", "notifier:*"),
    }


def services() -> list[str]:
    return [name.removesuffix("ExecutionRole") for name in ROLES if "Execution" in name]


def test_no_action_is_a_pattern() -> None:
    for role in ROLES:
        for statement in statements(role).values():
            assert not [action for action in listed(statement["Action"]) if "*" in action]


def test_a_worker_may_protect_tasks_of_its_cluster() -> None:
    statement = statements("WorkerRole")["OwnTasks"]
    assert statement["Action"] == "ecs:UpdateTaskProtection"  # it never asks what is set
    assert statement["Resource"].endswith(":task/${Cluster}/*")


def test_an_execution_role_pulls_the_image_writes_one_log_and_reads_its_own_secrets() -> None:
    secrets = {}
    for service in services():
        found = statements(f"{service}ExecutionRole")
        assert found["Login"]["Action"] == "ecr:GetAuthorizationToken"
        assert found["Image"]["Resource"].endswith(":repository/${Repository}")
        assert found["Logs"]["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
        read = found.get("Secrets", {"Resource": []})["Resource"]
        secrets[service] = [re.sub(r".*}(.*)-\?{6}", r"\1", each) for each in listed(read)]
    assert secrets == {
        "Producer": ["staff-key"],
        "Worker": [],
        "PhotoWorker": [],
        "Notifier": ["staff-key", "smtp-url"],
    }


def test_photo_workers_may_ask_rekognition_what_they_ask_and_only_where_it_is_chosen() -> None:
    policy = RESOURCES["PhotoAnalysisPolicy"]
    assert policy["Condition"] == "ByRekognition"
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    source = Path(str(rekognition.__file__)).read_text()
    asked = re.findall(r"_client\.(\w+)\(", source)
    actions = [f"rekognition:{name.title().replace('_', '')}" for name in asked]
    assert sorted(statement["Action"]) == sorted(actions)
