"""Which URLs a webhook may have, and why others are refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.webhook_url import ForbiddenUrlError, WebhookUrlRules
from tests.support.forbidden_addresses import FORBIDDEN, PUBLIC

STRICT = WebhookUrlRules()
LOOPBACK_TOO = WebhookUrlRules(allow_loopback=True)


def in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://Example.COM:8443/a/b?c=d%26e", "https://example.com:8443/a/b?c=d%26e"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://my_shop.example./x@y", "https://my_shop.example./x@y"),
        ("https://" + "a" * 63 + ".example/", "https://" + "a" * 63 + ".example/"),
    ],
)
def test_a_public_url_is_read(text: str, read: str) -> None:
    assert str(STRICT.url(text)) == read


@pytest.mark.parametrize(
    "target",
    [
        *("/a%2Fb?x=%20+", "/a/../b//c/./", "/A%2fb?", "/?", "/~a;b=c,d?e=%C3%A9&f[]=%", "/?a=b?c"),
        "/%41%zz?%41=|",
    ],
)
def test_path_and_query_are_requested_as_they_were_given(target: str) -> None:
    assert STRICT.url(f"https://example.com{target}").raw_path_qs == target


@pytest.mark.parametrize(
    ("given", "requested"),
    [("", "/"), ("?a=b", "/?a=b"), ("/ü?ä", "/%C3%BC?%C3%A4"), ('/"<{`', "/%22%3C%7B%60")],
)
def test_what_no_request_may_contain_is_percent_encoded(given: str, requested: str) -> None:
    assert STRICT.url(f"https://example.com{given}").raw_path_qs == requested


@pytest.mark.parametrize(
    ("host", "ascii_host"),
    [
        ("straße.example", "xn--strae-oqa.example"),
        ("βόλος.example", "xn--nxasmm1c.example"),
        ("EXAMPLE。com", "example.com"),
    ],
)
def test_a_host_is_the_one_of_idna_2008(host: str, ascii_host: str) -> None:
    assert STRICT.url(f"https://{host}:8443/").raw_host == ascii_host


@pytest.mark.parametrize("host", ["☕.example", "xn--strasse-.example", "a\N{DOT ABOVE}℀.example"])
def test_a_host_that_idna_does_not_allow_is_refused(host: str) -> None:
    with pytest.raises(ForbiddenUrlError):
        STRICT.url(f"https://{host}/")


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_read(address: str) -> None:
    assert STRICT.url(f"https://{in_url(address)}/").host == address


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("http://example.com/", "must begin with https://"),
        ("http://8.8.8.8/", "must begin with https://"),
        ("ftp://localhost/", "must begin with https://"),
        ("example.com/hook", "must begin with https://"),
        ("//example.com/hook", "must begin with https://"),
        ("", "must begin with https://"),
        ("https://ada@example.com/", "user or a password"),
        ("https://ada:secret@example.com/", "user or a password"),
        ("https://:@example.com/", "user or a password"),
        ("https://example.com/#top", "fragment"),
        ("https://example.com/#", "fragment"),
        ("https://example.com/" + "a" * 2048, "at most 2048 characters"),
        ("https://example.com:0/", "port"),
        ("https://example.com:65536/", "no URL"),
        ("https://example.com:web/", "no URL"),
        ("https://[::1/", "no URL"),
        ("https://exam\\ple.com/", "must be a name or an IP address"),
        ("https://example.com/a b", "spaces"),
        ("https://exam\nple.com/", "control characters"),
        ("https://exam\x00ple.com/", "control characters"),
        ("https:///hook", "must be a name or an IP address"),
        ("https://a..b/", "must be a name or an IP address"),
        ("https://./", "must be a name or an IP address"),
        ("https://-a.example/", "must be a name or an IP address"),
        ("https://" + "a" * 64 + ".example/", "must be a name or an IP address"),
        ("https://" + "a.b." * 70 + "example/", "must be a name or an IP address"),
        ("https://127.0.0.1%00.example.com/", "must be a name or an IP address"),
        ("https://[2600::1%25eth0]/", "must be a name or an IP address"),
        ("https://localhost/", "public"),
        ("https://LOCALHOST./", "public"),
        ("https://shop.localhost/", "public"),
    ],
)
def test_another_url_is_refused_with_the_reason(text: str, detail: str) -> None:
    with pytest.raises(ForbiddenUrlError, match=detail):
        STRICT.url(text)


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public_is_refused_at_once(address: str) -> None:
    with pytest.raises(ForbiddenUrlError, match="must be a public one"):
        STRICT.url(f"https://{in_url(address)}/")


@pytest.mark.parametrize(
    "host",
    [
        *("2130706433", "0x7f000001", "0x7f.1", "127.1", "127.0.1", "0177.0.0.1", "017700000001"),
        *("127.0.0.1.", "127.0.0.1..", "127。1", "１２７.1", "1.2.3.4.5", "256.1.1.1", "a.0x"),  # noqa: RUF001 - that is how attackers write it
    ],
)
@pytest.mark.parametrize("rules", [STRICT, LOOPBACK_TOO])
def test_a_number_that_resolvers_would_understand_is_no_host(
    rules: WebhookUrlRules, host: str
) -> None:
    with pytest.raises(ForbiddenUrlError, match="must be a name or an IP address"):
        rules.url(f"https://{host}/")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "[::1]", "localhost", "a.localhost"])
def test_loopback_may_be_allowed_and_then_without_tls(host: str) -> None:
    for scheme in ("http", "https"):
        with pytest.raises(ForbiddenUrlError):
            STRICT.url(f"{scheme}://{host}:8080/")
        assert LOOPBACK_TOO.url(f"{scheme}://{host}:8080/").port == 8080


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "0.0.0.0", "[::ffff:127.0.0.1]"])
def test_where_loopback_is_allowed_nothing_else_is(host: str) -> None:
    with pytest.raises(ForbiddenUrlError, match="must be a public one"):
        LOOPBACK_TOO.url(f"https://{host}/")
    with pytest.raises(ForbiddenUrlError, match="must begin with https://"):
        LOOPBACK_TOO.url(f"http://{host}/")


@given(st.text() | st.text().map("https://{}".format) | st.from_regex(r"https?://[^/]*/?"))
def test_any_text_is_either_a_url_or_refused(text: str) -> None:
    try:
        url = STRICT.url(text)
    except ForbiddenUrlError:
        return
    assert url.scheme == "https"
    assert url.user is None
    assert url.raw_host
    assert re.fullmatch(r"[a-z0-9_.:-]+", url.raw_host)
