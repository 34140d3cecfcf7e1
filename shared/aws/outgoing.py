"""What SQS and SNS are sent: a body, up to 10 attributes, all strings, and a group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TYPE = "String"


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message to send or publish.

    While one group has more than its share of a standard queue's messages in flight, SQS prefers
    those of the others ("fair queues"). A group has up to 128 letters, digits and punctuation marks
    (SendMessageBatchRequestEntry, MessageGroupId).
    """

    body: str
    attributes: Mapping[str, str]
    group: str | None = None

    @property
    def size(self) -> int:
        """Bytes as SQS and SNS count them: the body, and name, type and value of attributes."""
        size = len(self.body.encode())
        for name, value in self.attributes.items():
            size += len(name.encode()) + len(_TYPE) + len(value.encode())
        return size

    def entry(self, position: int, body: str) -> dict[str, Any]:
        """Give its entry in a batch, in which SQS and SNS have two names for the `body`."""
        attributes = {
            name: {"DataType": _TYPE, "StringValue": value}
            for name, value in self.attributes.items()
        }
        group = {"MessageGroupId": self.group} if self.group else {}  # an empty one is refused
        return {"Id": str(position), body: self.body, "MessageAttributes": attributes, **group}
