"""The notifier's settings: what an instance is called, and what does not go together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from notifier.settings import NotifierSettings, own_name


@given(host=st.text(max_size=80), process=st.integers(1, 4_194_304))
def test_every_host_has_a_name_that_a_queue_may_have(host: str, process: int) -> None:
    name = own_name(host, process)
    assert NotifierSettings(notifier_instance=name).notifier_instance == name
    assert name.endswith(str(process))


def test_an_instance_is_named_after_its_process_unless_the_settings_name_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert NotifierSettings().notifier_instance
    monkeypatch.setenv("COFFEE_NOTIFIER_INSTANCE", "shop")
    assert NotifierSettings().notifier_instance == "shop"


def test_a_reader_may_not_fall_further_behind_than_the_ring_reaches() -> None:
    with pytest.raises(ValidationError, match="COFFEE_MAX_LAG must be below COFFEE_RING_SIZE"):
        NotifierSettings(max_lag=1000, ring_size=1000)


def test_a_live_queue_gets_heartbeats_more_often_than_others_scan_it() -> None:
    with pytest.raises(ValidationError, match="COFFEE_LIVE_LOOK_SECONDS must be"):
        NotifierSettings(live_mark_seconds=60, live_look_seconds=100)


def test_the_staff_key_is_not_shown() -> None:
    assert "espresso" not in repr(NotifierSettings(staff_key="espresso-key"))


def test_links_in_mail_lead_to_the_domain_of_idna_2008() -> None:
    settings = NotifierSettings(public_url="https://Straße.example:8443/coffee/")
    assert settings.own_url == "https://xn--strae-oqa.example:8443/coffee"
    with pytest.raises(ValidationError, match="domain name"):
        NotifierSettings(public_url="https://☕.example")
