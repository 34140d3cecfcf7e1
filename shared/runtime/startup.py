"""Errors in settings and environment at start-up: one line for each, and exit status 2."""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from shared.runtime.setting_names import SETTING_NAMES
from shared.runtime.validation import plain_message

EXIT_STATUS = 2

SECRETS_DIR = Path("/run/secrets")
"""Where containers find secrets as files, each named like its variable: coffee_smtp_url."""

_PREFIX = "COFFEE_"

_OF_OTHERS = re.compile(
    r"COFFEE_(TESTS_\w+|CHAOS(_\w+)?|(\w+_)?SERVICE_(HOST|PORT(_\w+)?)"
    r"|(\w+_)?PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)
"""Variables of the tests, and those that Kubernetes sets for services called coffee, coffee-…."""

_SERVICE_LINK = re.compile(r"(tcp|udp|sctp)://")
"""How Kubernetes sets COFFEE_PORT, or COFFEE_SHOP_PORT, for a service of that name."""

_FOLLOWS_FROM_ANOTHER = "default_factory_not_called"
"""pydantic's error of a default that is made of other settings, where one of them is wrong."""

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
    """Read settings from the environment, and from the files of SECRETS_DIR.

    Raises StartupError, which names each variable that has a wrong value, or a name that is none.
    """
    unknown = unknown_settings(os.environ)
    try:
        settings = kind(_secrets_dir=SECRETS_DIR if SECRETS_DIR.is_dir() else None)
    except SettingsError as error:
        raise StartupError(*unknown, _unreadable(error)) from error
    except ValidationError as error:
        # Their values are not shown: one may be a key.
        found = error.errors(include_url=False, include_input=False)
        lines = (
            _line(each["loc"], plain_message(each))
            for each in found
            if each["type"] != _FOLLOWS_FROM_ANOTHER
        )
        raise StartupError(*unknown, *lines) from error
    if unknown:
        raise StartupError(*unknown)
    return settings


def unknown_settings(environment: Mapping[str, str]) -> list[str]:
    """Return a line for each `COFFEE_*` variable that is no setting of any service."""
    return [
        _unknown(name)
        for name, value in sorted(environment.items())
        if name.upper().startswith(_PREFIX)
        and name.upper() not in SETTING_NAMES
        and not _OF_OTHERS.fullmatch(name.upper())
        and not _SERVICE_LINK.match(value)
    ]


def _unreadable(error: SettingsError) -> str:
    if isinstance(error.__cause__, OSError):  # a secret's file
        return f"{error.__cause__.filename} cannot be read: {error.__cause__.strerror}"
    return str(error)


def _unknown(name: str) -> str:
    named = {known.removeprefix(_PREFIX): known for known in SETTING_NAMES}
    nearest = difflib.get_close_matches(name.upper().removeprefix(_PREFIX), named, n=1)
    advice = (
        f"did you mean {named[nearest[0]]}?" if nearest else "`coffeeshop settings` lists them all"
    )
    return f"{name} is not a setting; {advice}"


def _line(location: tuple[int | str, ...], message: str) -> str:
    if not location:
        return message
    message = message.removeprefix("This ")
    return f"{_PREFIX}{str(location[0]).upper()}: {message[:1].lower()}{message[1:]}"
