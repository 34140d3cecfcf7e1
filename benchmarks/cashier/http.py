"""HTTP/1.1 as the load and the stand-in speak it: bodies have a length, connections stay open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a response: its head, in lower case for requests and responses alike."""

    head: bytes
    body: bytes

    def header(self, name: bytes) -> bytes:
        """Give the value of a header, named in lower case; empty where there is none."""
        at = self.head.lower().find(b"\r\n" + name + b":")
        if at < 0:
            return b""
        begin = at + len(name) + 3
        end = self.head.find(b"\r\n", begin)
        return self.head[begin : end if end >= 0 else None].strip()


class Messages:
    """Cuts what arrives on one connection into messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message]:
        """Give the messages that are complete now."""
        self._rest += data
        while (end := self._rest.find(_END)) >= 0:
            head = self._rest[:end]
            begin = end + len(_END)
            length = int(Message(head, b"").header(b"content-length") or 0)
            if len(self._rest) < begin + length:
                return
            body = self._rest[begin : begin + length]
            self._rest = self._rest[begin + length :]
            yield Message(head, body)
