"""A mailbox is one, however its address is spelt; only limits use that spelling."""

from __future__ import annotations

import pytest

from notifier.channels.email.addresses import recipient
from notifier.channels.email.mailbox import mailbox, owned_domain


@pytest.mark.parametrize(
    "spellings",
    [
        ("ada.l@guests.example", "Ada.L@Guests.example", "ada.l+coffee@guests.example"),
        ("adal@gmail.com", "a.d.a.l@gmail.com", "ADAL+x+y@GoogleMail.com", "ada.l@googlemail.com"),
        ("ada@outlook.com", "ada+shop@outlook.com"),
        ("ada@yahoo.com", "ada-shop@yahoo.com", "ada+1@yahoo.com", "ada@ymail.com"),
        ("ada@icloud.com", "ada+x@me.com", "ada@mac.com"),
        ("adal@proton.me", "ada.l@protonmail.com", "ada-l+x@pm.me", "ada_l@protonmail.ch"),
        ("ada.l@yandex.ru", "ada-l@ya.ru", "adal+1@yandex.com"),
        ("ada@fastmail.com", "shop@ada.fastmail.com", "ada+x@fastmail.fm"),
        ("ada@straße.example", "ADA@xn--strae-oqa.example"),
        ("ada@guests.example", "ａｄａ@guests.example"),  # noqa: RUF001 - fullwidth
    ],
)
def test_the_spellings_of_a_mailbox_count_as_one(spellings: tuple[str, ...]) -> None:
    assert len({mailbox(spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(
    "addresses",
    [
        ("ada@guests.example", "a.da@guests.example"),
        ("ada@straße.example", "ada@strasse.example"),
        ("ada@hotmail.com", "ada@outlook.com"),
        ("+ada@guests.example", "+bob@guests.example"),
        ("ada-l@guests.example", "ada@guests.example"),
    ],
)
def test_mailboxes_that_differ_count_each(addresses: tuple[str, ...]) -> None:
    assert len({mailbox(address) for address in addresses}) == len(addresses)


def test_mail_goes_to_the_address_as_it_was_spelt() -> None:
    assert recipient("A.da+Coffee@googlemail.com").addr_spec == "A.da+Coffee@googlemail.com"


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("x@guests.example", "guests.example"),
        ("x@a.b.guests.example", "guests.example"),
        ("x@a.guests.co.uk", "guests.co.uk"),
        ("x@a.guests.de", "guests.de"),
        ("x@gmail.com", None),
        ("x@googlemail.com", None),
        ("x@hotmail.co.uk", None),
        ("x@gmx.de", None),
        ("x@mail.guests.example", "guests.example"),
    ],
)
def test_a_domain_with_one_owner_is_recognised(address: str, domain: str | None) -> None:
    assert owned_domain(address) == domain
