"""Which region the AWS clients are in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from shared.runtime.settings import ServiceSettings

EMULATOR = "http://127.0.0.1:4566"


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({}, "us-east-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-central-1"}, "eu-central-1"),
        ({"AWS_REGION": "eu-central-1", "COFFEE_AWS_REGION": "sa-east-1"}, "sa-east-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_REGION": "eu-central-1", "COFFEE_AWS_ENDPOINT_URL": EMULATOR}, "us-east-1"),
        ({"COFFEE_AWS_REGION": "sa-east-1", "COFFEE_AWS_ENDPOINT_URL": EMULATOR}, "sa-east-1"),
    ],
)
def test_our_region_comes_before_the_users_which_an_emulator_is_not_told(
    monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str], region: str
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "COFFEE_AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert ServiceSettings().aws_region == region
