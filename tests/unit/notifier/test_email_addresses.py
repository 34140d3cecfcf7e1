"""Which addresses are written to, and how they stand in a header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.channels.email.addresses import named_sender, recipient
from shared.domain.mail_address import InvalidAddressError
from tests.support.mailing import composer, read, subscriber


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("ada@guests.example", "ada@guests.example"),
        ("ada.l+coffee@mail.guests.example", "ada.l+coffee@mail.guests.example"),
        ("ada@café.example", "ada@xn--caf-dma.example"),
        ("zoë@café.example", "zoë@xn--caf-dma.example"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
        ("ada@Guests。Example", "ada@guests.example"),
    ],
)
def test_a_domain_is_written_in_ascii(text: str, written: str) -> None:
    assert recipient(text).addr_spec == written


@pytest.mark.parametrize(
    "text",
    [
        *("", "@", "ada", "ada@", "@guests.example", "ada@localhost", "ada@127.0.0.1"),
        *("ada@[127.0.0.1]", '"ada l"@x.example', "Ada <ada@x.example>", "a@x.example,b@x.example"),
        *(
            "ada@x.example\n",
            "ada@x.example\r\nBcc: eve@x.example",
            "a\r\n@x.example",
            " a@x.example",
        ),
        *("a\x00@x.example", "a\x85@x.example", "a\u2028@x.example", "a\u202eb@x.example"),
        *(
            "a\ud800@x.example",
            ".ada@x.example",
            "ada.@x.example",
            "a..b@x.example",
            f"{'a' * 65}@x.example",
        ),
        *("ada@x.example.", "ada@my_shop.example", "ada@☕.example", "ada@xn--a.example"),
        *(f"ada@{'a' * 64}.example", f"ada@{'a.' * 125}example", f"{'ß' * 33}@x.example"),
        *("=?utf-8?q?a=0D=0ABcc=3A_eve=40x.example?=@x.example", "=?utf-8?b?YQ==?=@x.example"),
    ],
)
def test_text_other_than_one_address_at_a_public_domain_is_refused(text: str) -> None:
    with pytest.raises(InvalidAddressError):
        recipient(text)


@given(st.text(max_size=60))
def test_whatever_is_before_the_at_is_refused_or_arrives_as_it_is(local: str) -> None:
    address = f"{local}@guests.example"
    try:
        mail = composer().confirmation(subscriber(address))
    except InvalidAddressError:
        return
    written = read(bytes(mail))
    assert [found.addr_spec for found in mail["To"].addresses] == [address]
    assert set(written.keys()) == set(mail.keys())


def test_a_sender_has_a_name_or_none() -> None:
    assert str(named_sender("Café Zoë <shop@coffee.example>")) == "Café Zoë <shop@coffee.example>"
    assert str(named_sender("shop@coffee.example")) == "shop@coffee.example"
