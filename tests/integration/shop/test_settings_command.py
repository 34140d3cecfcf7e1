"""`coffeeshop settings`, and a shop whose settings are misspelt: real processes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from producer.settings import CashierSettings
from shop.processes.preflight import KINDS
from tests.support.shop import COFFEESHOP


def run(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COFFEESHOP, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "COFFEE_STATE_DIR": str(folder), **variables},
    )


def test_every_setting_is_listed_with_its_value_its_default_and_its_meaning(
    tmp_path: Path,
) -> None:
    listed = run("settings", "--json", folder=tmp_path, COFFEE_BREW_SPEED="5")

    settings = {each["name"]: each for each in json.loads(listed.stdout)}
    fields = {field for kind in KINDS for field in kind.model_fields}
    assert set(settings) == {
        f"COFFEE_{field.upper()}"
        for field in fields - {"lifeline_fd", "listen_fd", "state_is_made", "watchdog_fd"}
    }
    assert settings["COFFEE_BREW_SPEED"]["value"] == "5"
    assert settings["COFFEE_BREW_SPEED"]["default"] == "10"
    assert settings["COFFEE_BARISTAS"]["default"] == "1..4"
    assert settings["COFFEE_EMULATOR"]["default"] == "on"
    assert settings["COFFEE_PORT"]["value"] is None
    assert {name for name, each in settings.items() if not each["meaning"]} == set()
    assert listed.returncode == 0


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    secret = "espresso-espresso-espresso"
    for name, field in CashierSettings.model_fields.items():
        if not field.repr:
            listed = run("settings", folder=tmp_path, **{f"COFFEE_{name.upper()}": secret})
            assert f"COFFEE_{name.upper()}=(hidden)" in listed.stdout
            assert secret not in listed.stdout + listed.stderr


@pytest.mark.parametrize("command", ["settings", "run"])
def test_a_misspelt_setting_is_one_line_for_the_whole_shop(tmp_path: Path, command: str) -> None:
    refused = run(command, folder=tmp_path, COFFEE_BREWSPEED="5")

    assert refused.returncode == 2
    assert refused.stderr.splitlines() == [
        "COFFEE_BREWSPEED is not a setting; did you mean COFFEE_BREW_SPEED?"
    ]


@pytest.mark.parametrize("service", ["producer", "worker", "notifier"])
def test_a_service_alone_refuses_it_too(tmp_path: Path, service: str) -> None:
    refused = subprocess.run(
        [Path(COFFEESHOP).with_name("python"), "-m", service],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "COFFEE_STATE_DIR": str(tmp_path), "COFFEE_BREWSPEED": "5"},
    )

    assert refused.returncode == 2
    assert refused.stderr.splitlines() == [
        "COFFEE_BREWSPEED is not a setting; did you mean COFFEE_BREW_SPEED?"
    ]


def test_commands_ask_the_right_port_beside_a_kubernetes_service_called_coffee(
    tmp_path: Path,
) -> None:
    asked = run("menu", folder=tmp_path, COFFEE_PORT="tcp://10.0.0.1:8080", COFFEE_URL="")

    assert "Traceback" not in asked.stderr
    assert "http://127.0.0.1:8080" in asked.stderr
