"""The templates in `deploy/`, read without CloudFormation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
_TASK_ROLES = {
    "ProducerRole": "producer",
    "WorkerRole": "worker",
    "PhotoWorkerRole": "photo worker",
    "NotifierRole": "notifier",
}


class _Loader(yaml.SafeLoader):
    """Reads `!Sub "…"` and its like as what stands behind the tag."""


def _untagged(loader: _Loader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node)


_Loader.add_multi_constructor("!", _untagged)


@dataclass(frozen=True)
class Grant:
    """One action that a role has, on the resources of one statement."""

    role: str
    action: str
    statement: str

    def __str__(self) -> str:
        return f"{self.role} {self.action} on {self.statement}"


def resources(template: str) -> dict[str, Any]:
    """Read the resources of a template, by their logical names."""
    return _section(template, "Resources")


def parameters(template: str) -> dict[str, Any]:
    """Read the parameters of a template, by name."""
    return _section(template, "Parameters")


def _section(template: str, name: str) -> dict[str, Any]:
    text = (DEPLOY / template).read_text()
    found: dict[str, Any] = yaml.load(text, _Loader)[name]
    return found


def granted() -> Iterator[Grant]:
    """List what the task roles allow."""
    found = resources("roles.yaml")
    for logical, role in _TASK_ROLES.items():
        (policy,) = found[logical]["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]:
            actions = statement["Action"]
            for action in [actions] if isinstance(actions, str) else actions:
                yield Grant(role, action, statement["Sid"])
