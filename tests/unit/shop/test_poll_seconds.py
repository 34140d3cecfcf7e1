"""How long polls last in a shop that `make run` opens."""

from __future__ import annotations

import pytest

from shop.processes.preflight import read_all_settings
from shop.run import _poll_seconds


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({}, 5),
        ({"COFFEE_POLL_SECONDS": "2"}, None),
        ({"COFFEE_AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, None),
        ({"COFFEE_VISIBILITY_TIMEOUT": "4"}, 3),
    ],
    ids=["embedded emulator", "set by the user", "emulator elsewhere", "short visibility timeout"],
)
def test_polls_of_the_embedded_emulator_last_longer_unless_the_user_says_how_long(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], seconds: int | None
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert _poll_seconds(read_all_settings()) == seconds
