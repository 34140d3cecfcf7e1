"""Without a server, mail is written to files, whole ones that only their owner can read."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

from notifier.channels.channel import Accepted, LocalFailure
from notifier.channels.email.folder import MailFolder
from notifier.channels.email.sender import MailSender
from shared.clock import utc_now
from tests.support.mailing import composer, mail_so_far, subscriber
from tests.support.notifier import newsletter

AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


def sender_at(folder: Path, at: dt.datetime = AT) -> MailSender:
    return MailSender(MailFolder(folder, lambda: at), composer())


async def test_the_folder_is_made_and_is_only_its_owners(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "mail"
    assert await sender_at(folder).request_confirmation(subscriber(), "the-token") == Accepted()
    [file] = folder.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.name.startswith("20261120T093000.000000Z-")
    assert file.suffix == ".eml"


async def test_files_sort_by_time_and_none_replaces_another(tmp_path: Path) -> None:
    later = AT + dt.timedelta(milliseconds=1)
    for at, subject in ((later, "later"), (AT, "now"), (AT, "now")):
        issue = newsletter(subject, "body")
        await asyncio.gather(
            *(sender_at(tmp_path, at).deliver(subscriber(), issue) for _ in range(10))
        )
    subjects = [mail["Subject"] for mail in mail_so_far(tmp_path)]
    assert subjects == ["now"] * 20 + ["later"] * 10


async def test_a_mail_that_could_not_be_written_may_be_later(tmp_path: Path) -> None:
    taken = tmp_path / "mail"
    taken.write_text("not a folder")
    attempt = await sender_at(taken).deliver(subscriber(), newsletter("x", "y"))
    assert attempt == LocalFailure("the mail could not be written to its folder")
    assert taken.read_text() == "not a folder"


async def test_a_folder_that_is_away_with_the_one_above_it_is_not_made(tmp_path: Path) -> None:
    """Another state folder would be in its way when it comes back."""
    folder = MailFolder(tmp_path / "var" / "mail", utc_now, with_parents=False)
    sender = MailSender(folder, composer())
    attempt = await sender.deliver(subscriber(), newsletter("x", "y"))
    assert attempt == LocalFailure("the mail could not be written to its folder")
    assert not (tmp_path / "var").exists()

    (tmp_path / "var").mkdir()
    assert await sender.deliver(subscriber(), newsletter("x", "y")) == Accepted()


async def test_mail_in_any_script_can_be_read_again(tmp_path: Path) -> None:
    sender = MailSender(MailFolder(tmp_path, utc_now), composer("Café Zoë <shop@coffee.example>"))
    await sender.deliver(subscriber("zoë@café.example"), newsletter("半額 ☕", "Grüße"))
    [mail] = mail_so_far(tmp_path)
    assert mail["Subject"] == "半額 ☕"
    assert mail["From"] == "Café Zoë <shop@coffee.example>"


async def test_mail_is_deleted_after_its_time_and_other_files_are_not(tmp_path: Path) -> None:
    now = AT
    sender = MailSender(MailFolder(tmp_path, lambda: now, dt.timedelta(days=30)), composer())
    (tmp_path / "notes.txt").write_text("the owner's")
    await sender.deliver(subscriber(), newsletter("first", "body"))
    now = AT + dt.timedelta(days=29)
    await sender.deliver(subscriber(), newsletter("second", "body"))
    assert [mail["Subject"] for mail in mail_so_far(tmp_path)] == ["first", "second"]
    now = AT + dt.timedelta(days=31)
    await sender.deliver(subscriber(), newsletter("third", "body"))
    assert [mail["Subject"] for mail in mail_so_far(tmp_path)] == ["second", "third"]
    assert (tmp_path / "notes.txt").exists()
