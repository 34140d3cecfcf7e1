"""An event in one line, for people."""

from __future__ import annotations

import datetime as dt
import json

from shop.client.answers import Json

LONGEST = 100
"""Characters of a gist; what is longer is cut off."""


def line(text: str) -> str:
    """Tell of an event (a CloudEvent in JSON): when by the clock here, its type, and its gist."""
    try:
        event = json.loads(text)
        at = dt.datetime.fromisoformat(event["time"]).astimezone()
        kind, data = str(event["type"]), dict(event["data"])
    except (ValueError, KeyError, TypeError):
        return f"{'--:--:--'}  {_short(text)}"
    return f"{at:%H:%M:%S}  {_short(kind)}  {_short(gist(data))}"


def gist(data: Json) -> str:
    """Say what the `data` of an event comes down to."""
    if {"number", "state"} <= data.keys():
        before = f", was {data['previous_state']}" if data.get("previous_state") else ""
        return f"{data['number']} is {data['state']}{before}"
    if {"topic", "subject"} <= data.keys():
        return f"{data['topic']}: {data['subject']}"
    return json.dumps(data, ensure_ascii=False)


def _short(text: str) -> str:
    """Cut off what is too long, and print nothing that would steer a terminal."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"
