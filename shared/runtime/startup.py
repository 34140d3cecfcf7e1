"""Errors in settings and environment at start-up: one line for each, and exit status 2."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from shared.runtime.validation import plain_message

EXIT_STATUS = 2

Settings = TypeVar("Settings", bound=BaseSettings)


class StartupError(Exception):
    """The service cannot start until its operator corrects what `lines` name."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@contextlib.contextmanager
def exit_on_startup_error() -> Iterator[None]:
    """End the process with the lines of a StartupError raised in the block, and no traceback."""
    try:
        yield
    except StartupError as error:
        sys.stderr.writelines(f"{line}\n" for line in error.lines)
        raise SystemExit(EXIT_STATUS) from None


def read_settings(kind: type[Settings]) -> Settings:
    """Read settings from the environment; raises StartupError, which names each variable."""
    try:
        return kind()
    except SettingsError as error:
        raise StartupError(str(error)) from error
    except ValidationError as error:
        # Their values are not shown: one may be a key.
        found = error.errors(include_url=False, include_input=False)
        raise StartupError(*(_line(each["loc"], plain_message(each)) for each in found)) from error


def _line(location: tuple[int | str, ...], message: str) -> str:
    if not location:
        return message
    message = message.removeprefix("This ")
    return f"COFFEE_{str(location[0]).upper()}: {message[:1].lower()}{message[1:]}"
