"""Which of two media types a caller would rather have (RFC 9110, section 12.5.1)."""

from __future__ import annotations

import re

from aiohttp import hdrs, web

_RANGE = re.compile(r"\s*([^;,\s]+)\s*(?:;\s*q\s*=\s*([0-9.]{1,5}))?", re.IGNORECASE | re.ASCII)


def prefers(request: web.Request, this: str, other: str) -> bool:
    """Return whether `Accept` gives `this` more weight than `other`."""
    accepted: dict[str, float] = {}
    for part in request.headers.get(hdrs.ACCEPT, "*/*").lower().split(","):
        if match := _RANGE.match(part):
            accepted[match[1]] = _weight(match[2])
    return _weight_of(this, accepted) > _weight_of(other, accepted)


def _weight(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:  # as in q=1.2.3
        return 0.0


def _weight_of(media_type: str, accepted: dict[str, float]) -> float:
    """Return the weight of the most specific range that the type is in."""
    for name in (media_type, f"{media_type.split('/', maxsplit=1)[0]}/*", "*/*"):
        if name in accepted:
            return accepted[name]
    return 0.0
