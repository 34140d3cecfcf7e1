"""What SQS and SNS are sent: a body, and up to 10 attributes, all strings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TYPE = "String"


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message to send or publish."""

    body: str
    attributes: Mapping[str, str]

    @property
    def size(self) -> int:
        """Bytes as SQS and SNS count them: the body, and name, type and value of attributes."""
        texts = [self.body]
        for name, value in self.attributes.items():
            texts += [name, _TYPE, value]
        return sum(len(text.encode()) for text in texts)

    @property
    def typed_attributes(self) -> dict[str, Any]:
        """The attributes in the form that SQS and SNS take."""
        return {
            name: {"DataType": _TYPE, "StringValue": value}
            for name, value in self.attributes.items()
        }
