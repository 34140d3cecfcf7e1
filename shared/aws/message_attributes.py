"""Message attributes, as SQS and SNS both write them. Ours are all strings; each takes up to 10."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TYPE = "String"


def typed(attributes: Mapping[str, str]) -> dict[str, Any]:
    """Write attributes as SQS and SNS take them."""
    return {name: {"DataType": _TYPE, "StringValue": value} for name, value in attributes.items()}


def weight(body: str, attributes: Mapping[str, str]) -> int:
    """Count bytes as SQS and SNS do: the body, and name, type and value of each attribute."""
    texts = [body]
    for name, value in attributes.items():
        texts += [name, _TYPE, value]
    return sum(len(text.encode()) for text in texts)


def plain(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Read the string attributes of a message that was received."""
    return {
        name: value["StringValue"] for name, value in attributes.items() if "StringValue" in value
    }
