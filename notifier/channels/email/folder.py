"""A folder in place of a mail server: each mail is a file that any mail program opens."""

from __future__ import annotations

import asyncio
import os
import secrets
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from notifier.channels.channel import Accepted, AttemptResult, LocalFailure
from shared.clock import Clock


@dataclass(frozen=True, slots=True)
class MailFolder:
    """Writes mail to `path`, a folder that only its owner can read; it is made if missing."""

    path: Path
    clock: Clock

    async def send(self, message: EmailMessage) -> AttemptResult:
        """Write one file, all of it or none."""
        name = f"{self.clock():%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}.eml"
        try:
            await asyncio.to_thread(self._write, name, bytes(message))
        except OSError:
            return LocalFailure("the mail could not be written to its folder")
        return Accepted()

    def _write(self, name: str, mail: bytes) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
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
