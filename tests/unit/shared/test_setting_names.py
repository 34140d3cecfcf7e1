"""A setting that is none is refused with the nearest name, by every process."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from notifier.settings import NotifierSettings
from producer.settings import CashierSettings
from shared.runtime.setting_names import SETTING_NAMES
from shared.runtime.startup import StartupError, read_settings, unknown_settings
from shop.processes.emulator import EmulatorSettings
from shop.settings import ShopSettings
from worker.photos.settings import PhotoWorkerSettings
from worker.settings import WorkerSettings

KINDS = (CashierSettings, NotifierSettings, WorkerSettings, PhotoWorkerSettings, ShopSettings)

OF_COMMANDS = {"COFFEE_URL", "COFFEE_MANAGE_TOKEN"}

KUBERNETES = {
    "COFFEE_PORT": "tcp://10.0.0.1:8080",
    "COFFEE_SERVICE_HOST": "10.0.0.1",
    "COFFEE_SERVICE_PORT": "8080",
    "COFFEE_SERVICE_PORT_HTTP": "8080",
    "COFFEE_PORT_8080_TCP": "tcp://10.0.0.1:8080",
    "COFFEE_PORT_8080_TCP_PROTO": "tcp",
    "COFFEE_PORT_8080_TCP_PORT": "8080",
    "COFFEE_PORT_8080_TCP_ADDR": "10.0.0.1",
    "COFFEE_SHOP_PORT": "tcp://10.0.0.1:80",
    "COFFEE_SHOP_SERVICE_HOST": "10.0.0.1",
    "COFFEE_SHOP_PORT_80_TCP_ADDR": "10.0.0.1",
}


def refused(kind: type[BaseSettings]) -> list[str]:
    with pytest.raises(StartupError) as raised:
        read_settings(kind)
    return [*raised.value.lines]


def outcome(kind: type[BaseSettings], field: str) -> tuple[object, list[str]]:
    """A setting's value, or the lines that refuse it."""
    try:
        return read_settings(kind).model_dump()[field], []
    except StartupError as error:
        return None, [*error.lines]


def test_the_list_has_every_setting_that_there_is() -> None:
    of_services = {f"COFFEE_{field.upper()}" for kind in KINDS for field in kind.model_fields}
    of_emulator = {f"COFFEE_EMULATOR_{field.upper()}" for field in EmulatorSettings.model_fields}
    there_are = of_services | of_emulator | OF_COMMANDS
    assert there_are == SETTING_NAMES, "shared/runtime/setting_names.py lists every setting"


@pytest.mark.parametrize("kind", KINDS)
def test_a_misspelt_setting_is_refused_with_the_nearest_name(
    monkeypatch: pytest.MonkeyPatch, kind: type[BaseSettings]
) -> None:
    monkeypatch.setenv("COFFEE_BREWSPEED", "0")
    assert refused(kind) == ["COFFEE_BREWSPEED is not a setting; did you mean COFFEE_BREW_SPEED?"]


def test_a_name_like_no_other_leads_to_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COFFEE_XYZZY_42", "x")
    assert refused(WorkerSettings) == [
        "COFFEE_XYZZY_42 is not a setting; `coffeeshop settings` lists them all"
    ]


def test_wrong_names_and_wrong_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COFFEE_PROT", "8080")
    monkeypatch.setenv("coffee_baristsa", "4")
    monkeypatch.setenv("COFFEE_BREW_SPEED", "fast")
    assert [line.split(" ")[0] for line in refused(WorkerSettings)] == [
        "COFFEE_PROT",
        "coffee_baristsa",
        "COFFEE_BREW_SPEED:",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_settings_of_the_other_services_are_no_mistakes(
    monkeypatch: pytest.MonkeyPatch, kind: type[BaseSettings]
) -> None:
    monkeypatch.setenv("COFFEE_WORKER_CONCURRENCY", "2")
    monkeypatch.setenv("COFFEE_MAX_STREAMS", "2")
    monkeypatch.setenv("COFFEE_BACKLOG_LIMIT", "2")
    monkeypatch.setenv("COFFEE_BARISTAS", "2")
    read_settings(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_what_kubernetes_sets_for_services_of_our_names_is_no_setting(
    monkeypatch: pytest.MonkeyPatch, kind: type[BaseSettings]
) -> None:
    for name, value in KUBERNETES.items():
        monkeypatch.setenv(name, value)
    assert read_settings(kind).model_dump()["port"] == 8080


def test_a_worker_port_that_kubernetes_has_set_is_explained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COFFEE_WORKER_PORT", "tcp://10.0.0.1:80")
    assert refused(WorkerSettings) == [
        "COFFEE_WORKER_PORT: was set by Kubernetes, for a service of that name; set it yourself"
    ]


def test_the_tests_own_variables_are_no_mistakes() -> None:
    assert unknown_settings({"COFFEE_TESTS_SKIP_NOTHING": "1", "COFFEE_CHAOS_SEED": "7"}) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "value",
    [
        *("inf", "-inf", "Infinity", "nan", "NaN", "-1", "1e400", "-1e400", "1e300", "9" * 400),
        *("٣", "8080.5", "0x1F90", "true", "yes", "1,5", "1 000", "$HOME", "tcp://a:1", "\t"),
        *("\udce4", "💥", "[]", "{}", '"1"', "null", "1e-320", "0.0000001"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_in_words_or_taken_as_what_it_is(
    monkeypatch: pytest.MonkeyPatch, kind: type[BaseSettings], value: str
) -> None:
    for field in kind.model_fields:
        name = f"COFFEE_{field.upper()}"
        with monkeypatch.context() as environment:
            environment.setenv(name, value)
            taken, lines = outcome(kind, field)
        assert all(name in line and "\n" not in line for line in lines)
        if isinstance(taken, float | int):
            assert math.isfinite(taken)
            assert value.isascii()


@pytest.mark.parametrize("text", [" 8080 ", "8080.0", "08080", "+8080"])
def test_a_number_may_be_written_in_several_ways(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("COFFEE_PORT", text)
    assert ShopSettings().port == 8080


@pytest.mark.parametrize("name", ["America", "../../etc/passwd", "/etc/passwd", "zone.tab", "Mars"])
def test_what_is_no_time_zone_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("COFFEE_TIMEZONE", name)
    assert refused(ShopSettings) == [f"COFFEE_TIMEZONE: no time zone is called {name!r}"]


def test_a_tilde_is_the_home_folder_where_no_shell_has_read_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COFFEE_STATE_DIR", "~/shop")
    assert ShopSettings().state_dir == tmp_path / "shop"

    monkeypatch.setenv("COFFEE_STATE_DIR", "~nobody-of-that-name/shop")
    assert refused(ShopSettings) == [
        "COFFEE_STATE_DIR: there is no home folder for '~nobody-of-that-name'"
    ]


def test_time_zones_are_known_where_the_system_has_no_database() -> None:
    script = "from worker.settings import WorkerSettings; print(WorkerSettings().timezone)"
    variables = {**os.environ, "PYTHONTZPATH": "", "COFFEE_TIMEZONE": "Europe/Berlin"}
    said = subprocess.run(
        [sys.executable, "-c", script], check=True, env=variables, capture_output=True, text=True
    )
    assert said.stdout == "Europe/Berlin\n"
