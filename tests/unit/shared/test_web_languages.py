"""The language of a page: by choice, or by what the browser prefers."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from shared.web.pages.languages import keep_choice, page_language, preferred

BOTH = ("en", "de")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "en"),
        ("de", "de"),
        ("DE", "de"),
        ("de-AT", "de"),
        ("de-Latn-CH;q=0.9, fr", "de"),
        ("fr, de;q=0.3", "de"),
        ("fr", "en"),
        ("en;q=0.4, de;q=0.5", "de"),
        ("de;q=0.5, en;q=0.5", "en"),
        ("*", "en"),
        ("en;q=0, *", "de"),
        ("de;q=0", "en"),
        ("*;q=0.5, de;q=0.7", "de"),
        ("de-CH;q=0, en;q=0.1", "en"),
        ("de;q=0.2, de;q=0.9, en;q=0.5", "de"),
        (" de ; q=1.000 ", "de"),
        ("de;q=2, en;q=0.9", "en"),
        ("de;level=1, en;q=0.1", "en"),
        ("deutsch-und-sehr-lang, en", "en"),
        (",,;;==, de", "de"),
        ("x" * 100_000 + ", de", "en"),
    ],
)
def test_a_browser_gets_the_language_it_prefers_among_those_of_the_shop(
    header: str, expected: str
) -> None:
    assert preferred(header, BOTH) == expected


def test_the_first_language_of_the_shop_is_the_one_of_strangers() -> None:
    assert preferred("fr", ("de", "en")) == "de"
    assert preferred("de, en", ("en",)) == "en"


@given(st.text(max_size=2000))
def test_any_header_gives_a_language_of_the_shop(header: str) -> None:
    assert preferred(header, BOTH) in BOTH


def asked(url: str = "/", cookie: str = "", accepted: str = "en") -> web.Request:
    return make_mocked_request("GET", url, headers={"Cookie": cookie, "Accept-Language": accepted})


def test_a_choice_goes_before_what_the_browser_prefers() -> None:
    assert page_language(asked(cookie="lang=de"), BOTH) == "de"
    assert page_language(asked("/?lang=de", "lang=en"), BOTH) == "de"


@pytest.mark.parametrize("request_", [asked("/?lang=fr"), asked(cookie="lang=../x"), asked()])
def test_a_choice_of_what_the_shop_does_not_have_is_none(request_: web.Request) -> None:
    assert page_language(request_, BOTH) == "en"


def test_only_a_choice_by_the_switch_is_kept() -> None:
    by_switch, by_browser = web.Response(), web.Response()
    keep_choice(asked("/?lang=de"), by_switch, "de")
    keep_choice(asked(accepted="de"), by_browser, "de")
    assert by_switch.cookies["lang"].value == "de"
    assert by_browser.cookies == {}
    for response in (by_switch, by_browser):
        assert response.headers["Vary"] == "Accept-Language, Cookie"
        assert response.headers["Content-Language"] == "de"
