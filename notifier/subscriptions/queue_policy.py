"""Reads from a queue's policy whether a topic may send to the queue."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

_SNS = re.compile(r"sns(\.[a-z0-9-]+)?\.amazonaws\.com")
"""SNS as a principal; in regions that are opted in to, with the region in its name."""


def allows_sending(policy: str, topic: str) -> bool:
    """Whether a queue's policy has a statement that lets a topic send to it, and none against.

    It is read as SNS's own documentation writes it ("Granting permissions to Amazon SNS to send
    messages to the queue"), with the topic's ARN or a pattern of it as the source. A statement
    whose conditions are all about something else is taken to concern another sender.
    """
    try:
        statements = json.loads(policy)["Statement"]
    except (ValueError, KeyError, TypeError):
        return False
    listed = statements if isinstance(statements, list) else [statements]
    about = [one for one in listed if isinstance(one, dict) and _is_about(one, topic)]
    effects = [one.get("Effect") for one in about]
    return "Allow" in effects and "Deny" not in effects


def _is_about(statement: Mapping[str, Any], topic: str) -> bool:
    return (
        _names_sns(statement.get("Principal"))
        and any(_is_like("sqs:sendmessage", a.lower()) for a in _texts(statement.get("Action")))
        and _is_met(statement.get("Condition"), topic)
    )


def _names_sns(principal: object) -> bool:
    """Whether SNS is among the principals: an account is not, nor is its root."""
    if principal == "*":
        return True
    named = dict(_entries(principal))
    services = _texts(named.get("Service"))
    return "*" in _texts(named.get("AWS")) or any(_SNS.fullmatch(one) for one in services)


def _is_met(condition: object, topic: str) -> bool:
    if not condition:
        return True
    met = [
        _CONDITIONS[name.lower()](topic, _texts(values))
        for name, keys in _entries(condition)
        if name.lower() in _CONDITIONS
        for key, values in _entries(keys)
        if key.lower() == "aws:sourcearn"
    ]
    return bool(met) and all(met)


def _entries(value: object) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, dict) else ()


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        return [value]
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _is_like(text: str, pattern: str) -> bool:
    parts = (re.escape(part).replace(r"\?", ".") for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), text) is not None


_Condition = Callable[[str, Iterable[str]], bool]


def _any(matches: Callable[[str, str], bool]) -> _Condition:
    return lambda arn, named: any(matches(arn, one) for one in named)


def _none(matches: Callable[[str, str], bool]) -> _Condition:
    return lambda arn, named: not any(matches(arn, one) for one in named)


_CONDITIONS: Mapping[str, _Condition] = MappingProxyType(
    {
        "stringequals": _any(operator.eq),
        "stringlike": _any(_is_like),
        "arnequals": _any(_is_like),
        "arnlike": _any(_is_like),
        "stringnotequals": _none(operator.eq),
        "stringnotlike": _none(_is_like),
        "arnnotequals": _none(_is_like),
        "arnnotlike": _none(_is_like),
    }
)
"""The operators of conditions on the source, with whether the topic meets one."""
