"""What the emulator's HTTP connections and its services hand each other."""

from __future__ import annotations

import email.utils
import functools
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Head:
    """A request before its body; header names are in lower case, repeated values are joined."""

    method: str
    target: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer; its length and its date are added."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def encoded(self, *, keep_alive: bool) -> bytes:
        """Return it as HTTP/1.1 sends it."""
        lines = "".join([f"{name}: {value}\r\n" for name, value in self.headers.items()])
        end = "" if keep_alive else "Connection: close\r\n"
        return (
            f"HTTP/1.1 {_status_line(self.status)}\r\n{lines}Date: {_date(int(time.time()))}\r\n"
            f"Content-Length: {len(self.body)}\r\n{end}\r\n"
        ).encode("latin-1", "replace") + self.body


Answer = Callable[[bytes], Awaitable[Response]]
"""Answers a request whose head was accepted, given its body."""

Application = Callable[[Head], Answer | Response]
"""Decides by the head of a request; a Response is sent at once, and ends the connection."""


@functools.cache
def _status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


@functools.lru_cache(maxsize=1)
def _date(second: int) -> str:
    return email.utils.formatdate(second, usegmt=True)
