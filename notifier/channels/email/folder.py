"""A folder in place of a mail server: each mail is a file that any mail program opens."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path

from notifier.channels.channel import Accepted, AttemptResult, LocalFailure
from notifier.channels.email.mailbox import mailbox
from shared.clock import Clock
from shared.domain.mail_address import InvalidAddressError

_SWEEP_EVERY = dt.timedelta(hours=1)


@dataclass(slots=True)
class MailFolder:
    """Writes mail to `path`, a folder that only its owner can read; it is made if missing.

    So are those above it, if `with_parents`. Mail older than `keep` is deleted, with the first
    mail after a start and hourly after that.
    """

    path: Path
    clock: Clock
    keep: dt.timedelta = dt.timedelta(days=30)
    with_parents: bool = True
    _swept_at: dt.datetime | None = field(default=None, init=False)

    async def send(self, message: EmailMessage) -> AttemptResult:
        """Write one file, all of it or none."""
        name = f"{_stamp(self.clock())}-{secrets.token_hex(4)}.eml"
        try:
            await asyncio.to_thread(self._write, name, bytes(message))
        except OSError:
            return LocalFailure("the mail could not be written to its folder")
        return Accepted()

    async def forget(
        self, box: str | None, subscription_ids: Collection[str], *, dry_run: bool
    ) -> int:
        """Delete the mail to a mailbox, or to some subscriptions, drafts of a crash included."""
        return await asyncio.to_thread(self._forget, box, subscription_ids, dry_run=dry_run)

    def _forget(self, box: str | None, subscription_ids: Collection[str], *, dry_run: bool) -> int:
        found = [
            mail
            for mail in self.path.glob("*.eml")
            if _is_to(mail, box, frozenset(subscription_ids))
        ]
        for mail in found:
            if not dry_run:
                mail.unlink(missing_ok=True)
        return len(found)

    def _write(self, name: str, mail: bytes) -> None:
        self.path.mkdir(mode=0o700, parents=self.with_parents, exist_ok=True)
        draft = self.path / f".{name}"
        try:
            with os.fdopen(
                os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
            ) as file:
                file.write(mail)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(self.path / name)
        finally:
            draft.unlink(missing_ok=True)
        self._delete_old()

    def _delete_old(self) -> None:
        now = self.clock()
        if self._swept_at is not None and now - self._swept_at < _SWEEP_EVERY:
            return
        self._swept_at = now
        oldest = _stamp(now - self.keep)
        for mail in self.path.glob("[0-9]*Z-*.eml"):
            if mail.name < oldest:
                mail.unlink(missing_ok=True)


def _is_to(mail: Path, box: str | None, subscription_ids: Collection[str]) -> bool:
    try:
        with mail.open("rb") as file:
            head = BytesHeaderParser(policy=policy.default).parse(file)
        is_to_box = box is not None and mailbox(head["To"].addresses[0].addr_spec) == box
    except FileNotFoundError:  # it was old, and is deleted
        return False
    except (InvalidAddressError, AttributeError, IndexError):  # the owner's, or a broken draft
        return False
    token = str(head["List-Unsubscribe"]).rpartition("token=")[2]
    return is_to_box or token.partition(".")[0] in subscription_ids


def _stamp(at: dt.datetime) -> str:
    return f"{at:%Y%m%dT%H%M%S.%fZ}"
