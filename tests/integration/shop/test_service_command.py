"""`coffeeshop service install` prints a unit that systemd understands, and that keeps the shop."""

from __future__ import annotations

import configparser
import getpass
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import coffeeshop
from tests.support.shop import COFFEESHOP

ODD = 'A "quoted" 100% $HOME \\ <shop@guests.example>'
KEY = "a-key-that-nobody-prints"
VARIANTS: tuple[list[str], ...] = ([], ["--user"])


async def printed(*options: str, **variables: str) -> str:
    outcome = await coffeeshop("service", "install", *options, **variables)
    assert outcome.code == 0, outcome.err
    return outcome.out


def printed_in(folder: Path, *options: str) -> str:
    """What is printed where no setting says which folder has the orders."""
    command = [COFFEESHOP, "service", "install", *options]
    return subprocess.run(
        command,
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def read(unit: str) -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(strict=False, interpolation=None, delimiters=["="])
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read_string(unit)
    return parsed


def environment(unit: str) -> list[str]:
    return [line for line in unit.splitlines() if line.startswith("Environment=")]


@pytest.mark.parametrize("options", VARIANTS, ids=str)
async def test_the_unit_runs_this_python_and_opens_the_shop_again_unless_a_setting_is_wrong(
    options: list[str],
) -> None:
    unit = read(await printed(*options, COFFEE_GRACE_SECONDS="50"))["Service"]

    assert unit["ExecStart"] == f'"{sys.executable}" -P -m shop.cli run'
    assert unit["WorkingDirectory"] == str(Path.cwd())
    assert (unit["Type"], unit["KillMode"]) == ("exec", "mixed")
    assert (unit["Restart"], unit["RestartPreventExitStatus"]) == ("on-failure", "2")
    assert int(unit["TimeoutStopSec"]) > 2 * 50
    assert unit["UMask"] == "0077"
    assert unit["NoNewPrivileges"] == "yes"


async def test_the_system_runs_it_as_its_user_and_the_user_as_themselves() -> None:
    system, own = read(await printed()), read(await printed("--user"))
    assert system["Service"]["User"] == getpass.getuser()
    assert system["Service"]["ProtectSystem"] == "strict"
    assert system["Service"]["CapabilityBoundingSet"] == ""
    assert system["Install"]["WantedBy"] == "multi-user.target"
    assert "User" not in own["Service"]
    assert own["Install"]["WantedBy"] == "default.target"

    low = read(await printed(COFFEE_PORT="80"))["Service"]
    assert low["AmbientCapabilities"] == "CAP_NET_BIND_SERVICE"


async def test_a_shop_that_has_orders_keeps_them_and_a_new_one_gets_a_folder(
    tmp_path: Path,
) -> None:
    kept = await printed(COFFEE_STATE_DIR=str(tmp_path))
    assert f'Environment="COFFEE_STATE_DIR={tmp_path}"' in environment(kept)
    assert read(kept)["Service"]["ReadWritePaths"] == f'"{tmp_path}"'
    assert "StateDirectory" not in read(kept)["Service"]

    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "orders.sqlite3").touch()
    assert f'Environment="COFFEE_STATE_DIR={tmp_path}/var"' in environment(printed_in(tmp_path))

    new = printed_in(tmp_path / "var")
    assert environment(new) == ['Environment="COFFEE_STATE_DIR=%S/coffeeshop"']
    assert read(new)["Service"]["StateDirectory"] == "coffeeshop"
    assert "COFFEE_STATE_DIR=/var/lib/coffeeshop" in new


async def test_a_folder_that_is_not_there_is_made_before_the_service_starts(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "not there"
    step = f"#   sudo install -d -m 0700 -o {getpass.getuser()} '{folder}'"
    steps = (await printed(COFFEE_STATE_DIR=str(folder))).splitlines()
    assert steps.index(step) < steps.index("#   sudo systemctl daemon-reload")

    assert "install -d" not in await printed("--user", COFFEE_STATE_DIR=str(folder))
    folder.mkdir()
    assert "install -d" not in await printed(COFFEE_STATE_DIR=str(folder))


@pytest.mark.parametrize(
    ("folder", "options", "hidden"),
    [
        ("/tmp/shop", [], True),
        ("/var/tmp/shop", [], True),
        ("/srv/../tmp", [], True),
        ("/tmpshop", [], False),
        ("/tmp/shop", ["--user"], False),
    ],
)
async def test_a_folder_that_systemd_hides_from_the_service_is_warned_of(
    folder: str, options: list[str], *, hidden: bool
) -> None:
    outcome = await coffeeshop("service", "install", *options, COFFEE_STATE_DIR=folder)
    assert outcome.code == 0
    assert (f"The service cannot use {folder}" in " ".join(outcome.err.split())) is hidden


async def test_settings_are_taken_over_and_secrets_are_not() -> None:
    unit = await printed(
        COFFEE_MAIL_FROM=ODD, COFFEE_TIMEZONE="Europe/Berlin", COFFEE_STAFF_KEY=KEY
    )
    assert 'Environment="COFFEE_TIMEZONE=Europe/Berlin"' in environment(unit)
    quoted = r'"COFFEE_MAIL_FROM=A \"quoted\" 100%% $HOME \\ <shop@guests.example>"'
    assert f"Environment={quoted}" in environment(unit)
    assert KEY not in unit
    assert "# COFFEE_STAFF_KEY is set here, and left out" in unit


async def test_a_wrong_setting_is_told_instead_of_installed() -> None:
    outcome = await coffeeshop("service", "install", COFFEE_PORT="x")
    assert (outcome.code, outcome.out) == (2, "")
    assert "COFFEE_PORT" in outcome.err


@pytest.mark.parametrize("options", VARIANTS, ids=str)
async def test_systemd_finds_nothing_wrong_with_the_unit(
    options: list[str], tmp_path: Path
) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        assert "COFFEE_TESTS_SKIP_NOTHING" not in os.environ
        pytest.skip("systemd is not installed here")
    state_dir = tmp_path / "with space 100%"
    unit = await printed(
        *options, COFFEE_MAIL_FROM=ODD, COFFEE_STATE_DIR=str(state_dir), COFFEE_PORT="80"
    )
    path = tmp_path / "coffeeshop.service"
    path.write_text(unit)
    verified = subprocess.run(  # noqa: ASYNC221 - nothing else goes on
        [analyze, "verify", *options, str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
    )
    assert (verified.returncode, verified.stderr) == (0, "")


async def test_what_a_parent_says_to_its_children_is_none_of_the_units_settings() -> None:
    given = environment(await printed(COFFEE_STATE_IS_MADE="on", COFFEE_BREW_SPEED="5"))
    assert 'Environment="COFFEE_BREW_SPEED=5"' in given
    assert not any("COFFEE_STATE_IS_MADE" in line for line in given)
