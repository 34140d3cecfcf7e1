"""Which address a client is counted by, behind trusted proxies and others."""

from __future__ import annotations

import ipaddress

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from producer.settings import CashierSettings
from shared.runtime.startup import StartupError, read_settings
from shared.web.caller import client_key, last_untrusted

OURS = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "hops", "client"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.1"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.1", "10.0.0.2"], "198.51.100.1"),
        ("::ffff:10.0.0.1", ["2001:db8::7"], "2001:db8::7"),
        ("fd00::1", ["::ffff:10.0.0.2", "10.0.0.3"], "::ffff:10.0.0.2"),
        ("10.0.0.1", ["198.51.100.1", "unknown"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("unknown", ["198.51.100.1"], "unknown"),
    ],
)
def test_the_last_address_that_is_no_proxy_of_ours_counts(
    peer: str, hops: list[str], client: str
) -> None:
    assert last_untrusted(peer, hops, OURS) == client


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::8", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::7", "2001:db8:1:3::/64"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("198.51.100.1", "198.51.100.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
    ],
)
def test_all_addresses_of_one_ipv6_network_count_as_one_client(address: str, counted: str) -> None:
    app = web.Application()
    request = make_mocked_request("POST", "/orders", app=app).clone(remote=address)
    assert client_key(request) == counted


def test_no_proxy_is_trusted_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert CashierSettings().trusted_proxies == ()

    monkeypatch.setenv("COFFEE_TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8")

    assert list(CashierSettings().trusted_proxies) == OURS


def test_a_setting_that_is_not_a_network_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COFFEE_TRUSTED_PROXIES", "nginx")

    with pytest.raises(StartupError, match="COFFEE_TRUSTED_PROXIES"):
        read_settings(CashierSettings)
