"""Which address a client is counted by, behind trusted proxies and others."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from producer.http.orders import list_orders
from producer.settings import CashierSettings
from shared.domain.errors import UnavailableError
from shared.domain.staff import StaffKeyRecord
from shared.domain.tokens import token_digest
from shared.runtime.log_limit import LogLimit
from shared.runtime.startup import StartupError, read_settings
from shared.web.caller import (
    TRUSTED_PROXIES,
    UNREADABLE_HOPS,
    client_networks,
    count_wrong_key,
    identify,
    is_staff,
)
from shared.web.client_address import last_untrusted, networks_of, read_hop
from shared.web.key_guard import KEY_GUARD, new_key_guard
from shared.web.known_keys import KNOWN_KEYS, KnownKeys
from shared.web.operation import OPERATION
from shared.web.problem import TOO_MANY_REQUESTS, UNAVAILABLE, Problem

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
        ("fd00::1", ["::ffff:10.0.0.2", "10.0.0.3"], "10.0.0.2"),
        ("10.0.0.1", ["198.51.100.1", ""], "198.51.100.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("unknown", ["198.51.100.1"], "unknown"),
        ("10.0.0.1", ["198.51.100.1", "unknown"], None),
        ("10.0.0.1", ["198.51.100.1", "_hidden"], None),
        ("10.0.0.1", ["unknown", "198.51.100.1"], "198.51.100.1"),
        ("2002:a00:1::1", ["198.51.100.1"], "2002:a00:1::1"),
    ],
)
def test_the_last_address_that_is_no_proxy_of_ours_counts(
    peer: str, hops: list[str], client: str | None
) -> None:
    assert last_untrusted(peer, hops, OURS) == client


ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).filter(
    lambda address: address.version == 4 or address.ipv4_mapped is None
)
FORMS = {
    4: ["{}", "{}:{port}", '"{}"', '"{}:{port}"', " {} "],
    6: ["{}", "[{}]", "[{}]:{port}", '"[{}]:{port}"', '"[{}]"', "{}%eth0", "[{}%25]:{port}"],
}


@given(ADDRESSES, st.integers(0, 65535), st.data())
def test_every_form_in_which_proxies_send_an_address_is_read(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int, data: st.DataObject
) -> None:
    form = data.draw(st.sampled_from(FORMS[address.version]))
    assert read_hop(form.format(address, port=port)) == address


@given(st.text(max_size=60))
def test_no_text_of_a_hop_is_an_error(text: str) -> None:
    assert read_hop(text) is None or networks_of(text)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("2001:db8:1:2::7", ["2001:db8:1:2::/64", "2001:db8:1::/56", "2001:db8:1::/48"]),
        ("2001:db8:1:2:ffff::8", ["2001:db8:1:2::/64", "2001:db8:1::/56", "2001:db8:1::/48"]),
        ("2001:db8:1:3ff::7", ["2001:db8:1:3ff::/64", "2001:db8:1:300::/56", "2001:db8:1::/48"]),
        ("fe80::1%eth0", ["fe80::/64", "fe80::/56", "fe80::/48"]),
        ("::ffff:198.51.100.1", ["198.51.100.1"]),
        ("2002:c633:6401:7::1", ["198.51.100.1"]),
        ("64:ff9b::c633:6401", ["198.51.100.1"]),
        ("64:ff9b:1:5::c633:6401", ["198.51.100.1"]),
        ("2001:0:4136:e378:8000:63bf:39cc:9bfe", ["198.51.100.1"]),
        ("198.51.100.1", ["198.51.100.1"]),
        ("unknown", ["unknown"]),
    ],
)
def test_an_ipv6_client_counts_as_the_networks_that_it_may_have(
    address: str, counted: list[str]
) -> None:
    app = web.Application()
    request = make_mocked_request("POST", "/orders", app=app).clone(remote=address)
    assert client_networks(request) == counted


def test_a_proxy_whose_callers_cannot_be_told_apart_is_warned_of_once_a_minute() -> None:
    app = web.Application()
    app[TRUSTED_PROXIES] = tuple(OURS)
    app[UNREADABLE_HOPS] = LogLimit(60)
    headers = {"X-Forwarded-For": "unknown"}
    request = make_mocked_request("POST", "/orders", headers, app=app).clone(remote="10.0.0.1")
    with structlog.testing.capture_logs() as logs:
        assert [client_networks(request) for _ in range(3)] == [["10.0.0.1"]] * 3
    assert [(log["event"], log["log_level"]) for log in logs] == [
        ("forwarded_for.not_readable", "warning")
    ]


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


async def test_a_wrong_key_counts_once_in_a_request_however_often_it_is_compared() -> None:
    app = web.Application()
    app[KNOWN_KEYS] = KnownKeys(token_digest("the-key-of-the-staff"))
    app[KEY_GUARD] = guard = new_key_guard(2, CollectorRegistry())
    wrong = {"Authorization": "Bearer the-key-of-a-stranger"}
    request = make_mocked_request("GET", "/orders", app=app, headers=wrong).clone(remote="1.2.3.4")
    request[OPERATION] = list_orders
    for _ in range(2):
        await identify(request)
        assert not is_staff(request)
        count_wrong_key(request)
    guard.check(["1.2.3.4"])


async def test_while_the_keys_cannot_be_read_unknown_ones_are_503_and_count_as_wrong() -> None:
    async def read() -> Sequence[StaffKeyRecord]:
        raise UnavailableError

    app = web.Application()
    app[KNOWN_KEYS] = KnownKeys(token_digest("the-key-of-the-staff"), read)
    app[KEY_GUARD] = new_key_guard(2, CollectorRegistry())
    kinds = []
    for guess in range(3):
        headers = {"Authorization": f"Bearer guess-{guess}"}
        request = make_mocked_request("GET", "/orders", app=app, headers=headers)
        await identify(request)
        with pytest.raises(Problem) as refusal:
            is_staff(request)
        kinds.append(refusal.value.kind)
    assert kinds == [UNAVAILABLE, UNAVAILABLE, TOO_MANY_REQUESTS]
