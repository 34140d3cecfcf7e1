"""Server-sent events as bytes, as the HTML standard has them (section 9.2.5)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from notifier.stream.ring import Gap, StreamPosition

RETRY_SECONDS = 2
"""How soon a browser opens a stream again that has ended."""

OPENING = b"retry: %d\n" % (RETRY_SECONDS * 1000)


def messages(views: Sequence[bytes], place: StreamPosition) -> bytes:
    """Write the views (one line of JSON each) of one event.

    Only the last of them moves the client's place, since only then has it seen them all.
    """
    *others, last = views
    unnumbered = b"".join(b"data: %b\n\n" % view for view in others)
    return unnumbered + b"id: %b\ndata: %b\n\n" % (str(place).encode(), last)


def reset(gap: Gap, place: StreamPosition) -> bytes:
    """Tell the client that events may be missing, and why; it goes on from `place`."""
    reason = json.dumps({"reason": gap})
    return f"event: reset\nid: {place}\ndata: {reason}\n\n".encode()


def mark(place: StreamPosition) -> bytes:
    """Move the client's place without telling it anything, as an event without data does."""
    return f"id: {place}\n\n".encode()
