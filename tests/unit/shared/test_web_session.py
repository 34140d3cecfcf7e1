"""Which requests the cookie of a staff session is good for."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from shared.web.session_cookie import is_own_pages, session_cookie, session_key

HOST = {"Host": "shop.example:8080"}
OWN = {"Origin": "http://shop.example:8080"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("said", "reads", "changes"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True, True),
        ({"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}, True, False),
        ({"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "cors"}, False, False),
        ({"Sec-Fetch-Site": "none"}, False, False),
        ({"Sec-Fetch-Site": "same-site"}, False, False),
        ({"Sec-Fetch-Site": "same-site", **OWN}, False, False),
        ({"Sec-Fetch-Site": "cross-site", **OWN}, False, False),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, False, False),
        ({"Sec-Fetch-Site": ""}, False, False),
        (OWN, True, True),
        ({"Origin": "https://shop.example:8080"}, True, True),
        ({"Origin": "http://shop.example"}, False, False),
        ({"Origin": "http://shop.example:8081"}, False, False),
        ({"Origin": "http://evil.shop.example:8080"}, False, False),
        ({"Origin": "null"}, False, False),
        ({"Origin": ""}, False, False),
        ({"Origin": "http://shop.example:no"}, False, False),
        ({"Origin": "http://[shop.example:8080"}, False, False),
        ({}, True, False),
    ],
)
def test_only_the_shops_own_pages_show_a_key_by_cookie(
    method: str, said: dict[str, str], *, reads: bool, changes: bool
) -> None:
    expected = reads if method in {"GET", "HEAD"} else changes
    assert is_own_pages(method, HOST | said) is expected


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("shop.example", "https://shop.example"),
        ("shop.example:443", "https://shop.example"),
        ("SHOP.example", "http://shop.example"),
        ("[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_origin_is_the_hosts_own_however_it_is_spelt(host: str, origin: str) -> None:
    assert is_own_pages("POST", {"Host": host, "Origin": origin})


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=200))
def test_every_key_that_may_be_set_goes_into_a_cookie_and_comes_out_again(key: str) -> None:
    sent = session_cookie(key, None).partition(";")[0]
    assert session_key(make_mocked_request("GET", "/", headers={"Cookie": sent})) == key


def test_a_session_under_https_is_kept_to_it() -> None:
    assert session_cookie("key", "https://shop.example").endswith("; Secure")
    assert "Secure" not in session_cookie("key", "http://shop.example")
