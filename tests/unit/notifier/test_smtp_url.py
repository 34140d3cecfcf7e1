"""The mail server as a URL, whose password is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from notifier.channels.email.smtp_url import SmtpServer, Tls, smtp_server
from notifier.settings import NotifierSettings

SHOP = "https://coffee.example"
FROM = "Café Zoë <shop@coffee.example>"


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", SmtpServer("mail.example", 25, Tls.NONE)),
        ("smtp+starttls://mail.example", SmtpServer("mail.example", 587, Tls.STARTTLS)),
        ("smtps://mail.example/", SmtpServer("mail.example", 465, Tls.IMPLICIT)),
        ("smtp://straße.example", SmtpServer("xn--strae-oqa.example", 25, Tls.NONE)),
        ("SMTP://[::1]:2525", SmtpServer("::1", 2525, Tls.NONE)),
        (
            "smtps://shop%40coffee.example:p%2F%3A%40ss@mail.example:1465",
            SmtpServer("mail.example", 1465, Tls.IMPLICIT, "shop@coffee.example", "p/:@ss"),
        ),
    ],
)
def test_a_url_has_host_port_and_encryption(url: str, server: SmtpServer) -> None:
    assert smtp_server(url) == server


@pytest.mark.parametrize(
    "url",
    [
        *("", "mail.example", "mail.example:25", "http://mail.example", "smtp://", "smtp://:25"),
        *("smtp://mail.example:0", "smtp://mail.example:65536", "smtp://mail.example:mail"),
        *(
            "smtp://☕.example",
            "smtp://sesame@mail.example",
            "smtp://:sesame@mail.example",
            "smtp://[::1",
        ),
        *("smtp://mail.example/sesame", "smtp://mail.example?sesame", "smtp://mail.example#sesame"),
    ],
)
def test_any_other_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"^should ") as refused:
        smtp_server(url)
    assert "sesame" not in str(refused.value)


def test_the_password_is_not_shown() -> None:
    url = "smtps://shop:sesame@mail.example"
    settings = NotifierSettings(smtp_url=url, mail_from=FROM, public_url=SHOP)
    assert "sesame" not in repr(settings) + str(settings)
    assert "sesame" not in repr(smtp_server(url))


def test_mail_goes_to_the_server_or_else_to_a_folder() -> None:
    with_server = NotifierSettings(smtp_url="smtp://mail.example", mail_from=FROM, public_url=SHOP)
    assert with_server.mail_goes_to == SmtpServer("mail.example", 25, Tls.NONE)
    assert NotifierSettings(state_dir=Path("there")).mail_goes_to == Path("there/mail")


def test_a_server_needs_an_address_that_mail_is_from() -> None:
    with pytest.raises(ValidationError, match="COFFEE_MAIL_FROM is needed with COFFEE_SMTP_URL"):
        NotifierSettings(smtp_url="smtp://mail.example")


@pytest.mark.parametrize(
    "sender",
    ["Coffee shop", "shop@localhost", "a@b.example\r\nBcc: c@d.example", "zoë@coffee.example"],
)
def test_mail_is_from_an_address_that_any_server_accepts(sender: str) -> None:
    with pytest.raises(ValidationError, match="mail_from"):
        NotifierSettings(mail_from=sender)
