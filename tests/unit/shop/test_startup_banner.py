"""What the shop shows the person who opened it."""

from __future__ import annotations

from pathlib import Path

from shop.client.own_command import own_command
from shop.processes.console import StartupBanner


def test_the_banner_says_where_the_shop_is_and_where_the_staff_key_is_kept() -> None:
    banner = StartupBanner("http://127.0.0.1:8080", Path("var"), own_key=False, quiet=False)

    assert banner.lines() == [
        "The shop is open at http://127.0.0.1:8080",
        "Staff: http://127.0.0.1:8080/staff  (key in var/staff-key)",
        f"Link:  {own_command('keys', 'link')}  (signs staff in)",
        "Docs:  http://127.0.0.1:8080/docs",
        f"Order: {own_command('order', 'latte', '--name', 'Ada')}",
    ]


def test_a_key_that_was_set_is_named_by_its_variable() -> None:
    banner = StartupBanner("http://127.0.0.1:8080", Path("var"), own_key=True, quiet=False)

    assert banner.lines()[1].endswith("(COFFEE_STAFF_KEY)")
    assert not any(line.startswith("Link:") for line in banner.lines())


def test_where_only_warnings_are_shown_the_banner_says_how_to_see_more() -> None:
    banner = StartupBanner("http://127.0.0.1:8080", Path("var"), own_key=False, quiet=True)

    assert "COFFEE_LOG_LEVEL=INFO" in banner.lines()[-1]


def test_the_banner_says_when_nobody_looks_at_photos() -> None:
    banner = StartupBanner(
        "http://127.0.0.1:8080", Path("var"), own_key=False, quiet=False, photos_wait=True
    )

    assert banner.lines()[-1] == "Photos: uploads wait, since COFFEE_PHOTO_WORKERS is 0"


def test_the_banner_says_where_mail_lands_when_no_server_sends_it() -> None:
    banner = StartupBanner(
        "http://127.0.0.1:8080",
        Path("var"),
        own_key=False,
        quiet=True,
        mail_folder=Path("var/mail"),
    )

    assert "Mail:  in var/mail  (set COFFEE_SMTP_URL to send it)" in banner.lines()
    assert "COFFEE_LOG_LEVEL=INFO" in banner.lines()[-1]


def test_the_banner_says_where_queues_are_that_outlive_the_shop() -> None:
    banner = StartupBanner(
        "http://127.0.0.1:8080",
        Path("var"),
        own_key=True,
        quiet=False,
        queues="AWS, eu-central-1, names begin with cafe-",
    )

    assert banner.lines()[-1] == "Queues: AWS, eu-central-1, names begin with cafe-"
