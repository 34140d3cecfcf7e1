"""The AsyncAPI document as its readers use it: by the official schema, and by jsonschema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator  # type: ignore[import-untyped]

OFFICIAL_SCHEMA = Path(__file__).parent / "asyncapi" / "3.0.0.json"


def document_errors(document: Mapping[str, Any]) -> list[str]:
    """Hold a document against AsyncAPI's own schema."""
    official = Draft7Validator(json.loads(OFFICIAL_SCHEMA.read_text()))
    return [f"{error.json_path}: {error.message}" for error in official.iter_errors(document)]


def schema_errors(
    document: Mapping[str, Any], schema: Mapping[str, Any], sent: object
) -> list[str]:
    """Hold what was sent against one of a document's schemas."""
    found = Draft7Validator({**document, **schema}).iter_errors(sent)
    return [f"{error.json_path}: {error.message}" for error in found]


def message_errors(
    document: Mapping[str, Any],
    channel: str,
    event: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
) -> list[str]:
    """Hold an event against the message of its type that a channel has; there must be one."""
    messages = document["channels"][channel]["messages"].values()
    (message,) = (message for message in messages if message["name"] == event["type"])
    assert ("headers" in message) == (headers is not None)
    wrong = schema_errors(document, message["payload"], event)
    return wrong + (schema_errors(document, message["headers"], headers) if headers else [])


def references(part: object) -> set[str]:
    """Gather every `$ref` in a document."""
    if isinstance(part, list):
        return {found for each in part for found in references(each)}
    if not isinstance(part, dict):
        return set()
    here = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
    return here | {found for each in part.values() for found in references(each)}


def resolves(document: Mapping[str, Any], reference: str) -> bool:
    """Whether a reference leads to somewhere in its document."""
    at: Any = document
    for step in reference.removeprefix("#/").split("/"):
        if step not in at:
            return False
        at = at[step]
    return True
