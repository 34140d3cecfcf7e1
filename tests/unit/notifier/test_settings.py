"""The notifier's settings: what an instance is called, and what does not go together."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from notifier.settings import NotifierSettings, own_name


@given(host=st.text(max_size=80), process=st.integers(1, 4_194_304))
def test_every_host_has_a_name_that_a_queue_may_have(host: str, process: int) -> None:
    name = own_name(host, process)
    assert NotifierSettings(notifier_instance=name).instance == name
    assert name.endswith(str(process))
    on_aws = own_name(host, process, "0a1b2c")
    assert NotifierSettings(notifier_instance=on_aws).instance == on_aws
    assert on_aws.endswith(f"{process}-0a1b2c")


def test_on_aws_each_start_has_a_name_of_its_own_since_addresses_are_used_again() -> None:
    started = NotifierSettings()
    assert started.instance == started.instance != NotifierSettings().instance
    here = [NotifierSettings(aws_endpoint_url="http://127.0.0.1:4566") for _ in range(2)]
    assert here[0].instance == here[1].instance


def test_on_aws_mail_is_not_lost_with_a_container_unless_that_is_wanted() -> None:
    with pytest.raises(ValidationError, match=r"COFFEE_SMTP_URL .* COFFEE_MAIL_FOLDER=on"):
        NotifierSettings(store="dynamodb")
    NotifierSettings(store="dynamodb", mail_folder=True)
    NotifierSettings(store="dynamodb", aws_endpoint_url="http://127.0.0.1:4566")
    NotifierSettings(store="sqlite")


def test_an_instance_is_named_after_its_process_unless_the_settings_name_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert NotifierSettings().instance
    monkeypatch.setenv("COFFEE_NOTIFIER_INSTANCE", "shop")
    assert NotifierSettings().instance == "shop"


def test_a_reader_may_not_fall_further_behind_than_the_ring_reaches() -> None:
    with pytest.raises(ValidationError, match="COFFEE_MAX_LAG must be below COFFEE_RING_SIZE"):
        NotifierSettings(max_lag=1000, ring_size=1000)


def test_a_live_queue_gets_heartbeats_more_often_than_others_scan_it() -> None:
    with pytest.raises(ValidationError, match="COFFEE_LIVE_LOOK_SECONDS must be"):
        NotifierSettings(live_mark_seconds=60, live_look_seconds=100)


def test_what_a_template_owns_is_not_watched_to_be_restored() -> None:
    with pytest.raises(ValidationError, match=r"COFFEE_WATCH_BROKER .* COFFEE_PROVISION=off"):
        NotifierSettings(watch_broker=True, provision=False)


def test_the_staff_key_is_not_shown() -> None:
    assert "espresso" not in repr(NotifierSettings(staff_key="espresso-key"))


def test_links_in_mail_lead_to_the_domain_of_idna_2008() -> None:
    settings = NotifierSettings(public_url="https://Straße.example:8443/coffee/")
    assert settings.own_url == "https://xn--strae-oqa.example:8443/coffee"
    with pytest.raises(ValidationError, match="domain name"):
        NotifierSettings(public_url="https://☕.example")


MAIL: dict[str, Any] = {
    "smtp_url": "smtps://ada:key@mail.coffee.example",
    "mail_from": "shop@coffee.example",
}


@pytest.mark.parametrize(
    "public_url",
    [
        None,
        "http://127.0.0.1:8080",
        "http://127.1.2.3",
        "http://localhost/",
        "http://shop.LOCALHOST:8080",
        "http://[::1]:8080",
        "http://0.0.0.0:8080",
    ],
)
def test_no_mail_is_sent_whose_links_lead_readers_to_their_own_machines(
    public_url: str | None,
) -> None:
    given: dict[str, Any] = {} if public_url is None else {"public_url": public_url}
    with pytest.raises(ValidationError, match=r"COFFEE_PUBLIC_URL.*as in https://coffee.example"):
        NotifierSettings(**MAIL, **given)


def test_a_mail_server_on_this_machine_may_send_links_to_this_machine_if_they_are_set() -> None:
    here = {**MAIL, "smtp_url": "smtp://localhost:1025"}
    assert NotifierSettings(**here, public_url="http://127.0.0.1:8080/").own_url
    with pytest.raises(ValidationError, match="COFFEE_PUBLIC_URL"):
        NotifierSettings(**here)


def test_without_a_mail_server_links_lead_to_the_own_port() -> None:
    assert NotifierSettings(port=8081).own_url == "http://127.0.0.1:8081"


@pytest.mark.parametrize(
    "public_url",
    [
        "https://ada@coffee.example",
        "https://ada:key@coffee.example",
        "https://coffee.example?shop=1",
        "https://coffee.example/?",
        "https://coffee.example/#top",
        "https://coffee.example#",
    ],
)
def test_a_public_url_ends_where_the_paths_of_links_begin(public_url: str) -> None:
    with pytest.raises(ValidationError, match="after host, port and path"):
        NotifierSettings(public_url=public_url)


@pytest.mark.parametrize("sender", ["Coffee shop <shop@coffee.invalid>", "shop@a.b.INVALID"])
def test_no_mail_is_sent_from_an_address_that_never_exists(sender: str) -> None:
    with pytest.raises(ValidationError, match="COFFEE_MAIL_FROM must be"):
        NotifierSettings(**{**MAIL, "mail_from": sender}, public_url="https://coffee.example")
