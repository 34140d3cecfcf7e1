"""A queue's policy, read as far as to tell whether a topic may send to the queue."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

_MATCHING = frozenset({"arnequals", "arnlike", "stringequals", "stringlike"})
"""The operators of a condition that is met by what it names."""


def lets_send(policy: str, topic: str) -> bool:
    """Tell whether a queue's policy has a statement that lets a topic send to it.

    It is read as SNS's own documentation writes it ("Granting permissions to Amazon SNS to send
    messages to the queue"), with the topic's ARN or a pattern of it as the source.
    """
    try:
        statements = json.loads(policy)["Statement"]
    except (ValueError, KeyError, TypeError):
        return False
    listed = statements if isinstance(statements, list) else [statements]
    return any(_allows(one, topic) for one in listed if isinstance(one, dict))


def _allows(statement: Mapping[str, Any], topic: str) -> bool:
    actions = {action.lower() for action in _texts(statement.get("Action"))}
    sources = [
        source
        for operator, condition in _entries(statement.get("Condition"))
        if operator.lower() in _MATCHING
        for key, values in _entries(condition)
        if key.lower() == "aws:sourcearn"
        for source in _texts(values)
    ]
    return (
        statement.get("Effect") == "Allow"
        and bool(actions & {"sqs:sendmessage", "sqs:*", "*"})
        and (not statement.get("Condition") or any(_is_like(topic, s) for s in sources))
    )


def _entries(value: object) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, dict) else ()


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        return [value]
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _is_like(arn: str, pattern: str) -> bool:
    parts = (re.escape(part).replace(r"\?", ".") for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), arn) is not None
