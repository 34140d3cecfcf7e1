"""What COFFEE_BARISTAS and its like may be, and how an error in them is reported."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from shared.runtime.startup import StartupError, read_settings
from shop.cli import app
from shop.scaling.forecast import ForecastUse
from shop.scaling.target import BaristaRange
from shop.settings import ShopSettings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", BaristaRange(3, 3)),
        ("0", BaristaRange(0, 0)),
        ("1..4", BaristaRange(1, 4)),
        (" 2 .. 2 ", BaristaRange(2, 2)),
    ],
)
def test_baristas_are_a_number_or_a_range(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: BaristaRange
) -> None:
    monkeypatch.setenv("COFFEE_BARISTAS", text)

    assert ShopSettings().baristas == expected


@pytest.mark.parametrize(
    ("text", "explanation"),
    [
        ("many", "should be a number, as in 2, or a range, as in 1..4"),
        ("-1", "should be a number, as in 2, or a range, as in 1..4"),
        ("1..2..3", "should be a number, as in 2, or a range, as in 1..4"),
        ("5..2", "should not begin above its end, as 5..2 does"),
        ("65", "should be 64 at most"),
    ],
)
def test_other_baristas_are_refused_with_what_was_expected(
    monkeypatch: pytest.MonkeyPatch, text: str, explanation: str
) -> None:
    monkeypatch.setenv("COFFEE_BARISTAS", text)

    with pytest.raises(StartupError) as refused:
        read_settings(ShopSettings)

    assert [*refused.value.lines] == [f"COFFEE_BARISTAS: {explanation}"]


def test_every_error_is_reported_with_its_variable_and_without_its_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COFFEE_PORT", "eighty")
    monkeypatch.setenv("COFFEE_TIMEZONE", "Mars/Olympus")

    with pytest.raises(StartupError) as refused:
        read_settings(ShopSettings)

    lines = refused.value.lines
    assert [line.split(":")[0] for line in lines] == ["COFFEE_PORT", "COFFEE_TIMEZONE"]
    assert "eighty" not in lines[0]


@pytest.mark.parametrize(
    ("variables", "embeds"),
    [
        ({}, True),
        ({"COFFEE_EMULATOR": "off"}, False),
        ({"COFFEE_AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, False),
    ],
)
def test_the_emulator_stays_out_when_another_endpoint_is_meant(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], *, embeds: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert ShopSettings().embeds_emulator is embeds


def test_schedule_and_forecast_are_read_and_off_when_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert ShopSettings().barista_schedule.most == 0
    assert ShopSettings().barista_forecast is ForecastUse.OFF

    monkeypatch.setenv("COFFEE_BARISTA_SCHEDULE", "07:30=4,18:00=1")
    monkeypatch.setenv("COFFEE_BARISTA_FORECAST", "on")

    assert ShopSettings().barista_schedule.most == 4
    assert ShopSettings().barista_forecast is ForecastUse.ON


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        (
            "COFFEE_BARISTA_SCHEDULE",
            "x",
            "COFFEE_BARISTA_SCHEDULE: should be times and numbers, as in 07:30=4,11:00=2, not 'x'",
        ),
        (
            "COFFEE_BARISTA_SCHEDULE",
            "07:30=5",
            "COFFEE_BARISTA_SCHEDULE asks for 5 baristas, and COFFEE_BARISTAS allows 4",
        ),
        (
            "COFFEE_BARISTA_FORECAST",
            "maybe",
            "COFFEE_BARISTA_FORECAST: should be 'off', 'show' or 'on'",
        ),
    ],
)
def test_an_error_in_what_scales_is_one_line(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, line: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(StartupError) as refused:
        read_settings(ShopSettings)

    assert [*refused.value.lines] == [line]


@pytest.mark.parametrize(
    ("baristas", "hand", "first"),
    [("2..4", "people", 2), ("0..4", "people", 1), ("0", "people", 0), ("0..4", "simulated", 0)],
)
def test_where_people_work_there_is_a_barista_from_the_start_and_none_is_added(
    monkeypatch: pytest.MonkeyPatch, baristas: str, hand: str, first: int
) -> None:
    monkeypatch.setenv("COFFEE_BARISTAS", baristas)
    monkeypatch.setenv("COFFEE_BARISTA_HAND", hand)
    settings = ShopSettings()
    assert settings.first_baristas == first
    assert settings.scales == (hand == "simulated")


def test_the_embedded_emulator_is_not_left_without_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COFFEE_PROVISION", "off")
    with pytest.raises(StartupError, match="set COFFEE_EMULATOR=off"):
        read_settings(ShopSettings)
    monkeypatch.setenv("COFFEE_EMULATOR", "off")
    assert not read_settings(ShopSettings).provision


def test_provision_creates_nothing_beside_a_template(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COFFEE_PROVISION", "off")
    monkeypatch.setenv("COFFEE_AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    refused = CliRunner().invoke(app, ["provision"])
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert [line.partition(":")[0] for line in refused.stderr.splitlines()] == [
        "COFFEE_PROVISION is off"
    ]
