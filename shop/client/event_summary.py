"""An event in one line, for people."""

from __future__ import annotations

import datetime as dt
import json

from shared.domain.visible_text import visible
from shop.client.answers import Json

LONGEST = 100
"""Characters of a part of the line; the rest is cut off."""


def summary(text: str) -> str:
    """Summarize an event (a CloudEvent in JSON): its local time, its type, and its gist."""
    try:
        event = json.loads(text)
        at = dt.datetime.fromisoformat(event["time"]).astimezone()
        kind, data = str(event["type"]), dict(event["data"])
    except (ValueError, KeyError, TypeError):
        return f"{'--:--:--'}  {_short(text)}"
    return f"{at:%H:%M:%S}  {_short(kind)}  {_short(_gist(data))}"


def _gist(data: Json) -> str:
    if {"number", "state"} <= data.keys():
        before = f", was {data['previous_state']}" if data.get("previous_state") else ""
        return f"{data['number']} is {data['state']}{before}"
    if {"topic", "subject"} <= data.keys():
        return f"{data['topic']}: {data['subject']}"
    return json.dumps(data, ensure_ascii=False)


def _short(text: str) -> str:
    """Cut off what is too long, and show characters that would control a terminal."""
    shown = visible(text)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"
