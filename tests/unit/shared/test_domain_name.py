"""A domain name leads to the owner that IDNA 2008 says, and to nobody by other rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.domain_name import InvalidDomainError, ascii_domain


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Coffee.Example", "coffee.example"),
        ("my_shop.example.", "my_shop.example."),
        ("straße.example", "xn--strae-oqa.example"),
        ("STRASSE.example", "strasse.example"),
        ("βόλος.example", "xn--nxasmm1c.example"),
        ("ΒΌΛΟΣ.example", "xn--nxasmq6b.example"),
        ("क्\u200dष.example", "xn--11b2ezcw70k.example"),
        ("ＣＯＦＦＥＥ。example", "coffee.example"),  # noqa: RUF001 - fullwidth
        ("XN--STRAE-OQA.example", "xn--strae-oqa.example"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
    ],
)
def test_a_name_is_written_in_ascii(text: str, name: str) -> None:
    assert ascii_domain(text) == name


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "a..b", ".a", "-a.example", "a-.example", "a b.example", "a/b.example"),
        *("a" * 64 + ".example", "a." * 124 + "abcdef", "ß" * 60 + ".example"),
        *("☕.example", "a\u200db.example", "a\u200cb.example", "1אב.example", "a℀b.example"),
        *("xn--a.example", "xn--.example", "xn--strasse-.example", "xn--coffee-.example"),
        *("a\ud800.example", "exa\u0301\u0300%6dple.example"),
    ],
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidDomainError):
        ascii_domain(text)


@given(st.text(max_size=80))
def test_any_text_is_refused_or_written_the_same_way_again(text: str) -> None:
    try:
        name = ascii_domain(text)
    except InvalidDomainError:
        return
    assert name.isascii()
    assert ascii_domain(name) == name
