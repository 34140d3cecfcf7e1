"""A folder in place of a mail server: each mail is a file that any mail program opens."""

from __future__ import annotations

import asyncio
import os
import secrets
from email.message import EmailMessage
from pathlib import Path

from notifier.channels.email.mailbox import MailboxError
from shared.clock import Clock


class MailFolder:
    """Writes mail to `path`, a folder that only its owner looks into; it is made when missing."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    async def post(self, message: EmailMessage) -> None:
        """Write one file, all of it or none; raises MailboxError."""
        name = f"{self._clock():%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}.eml"
        try:
            await asyncio.to_thread(self._write, name, bytes(message))
        except OSError as error:
            raise MailboxError("the mail could not be written to its folder") from error

    def _write(self, name: str, mail: bytes) -> None:
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._path / f".{name}"
        try:
            with os.fdopen(
                os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
            ) as file:
                file.write(mail)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(self._path / name)
        finally:
            draft.unlink(missing_ok=True)
