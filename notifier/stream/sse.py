"""Server-sent events as bytes, as the HTML standard has them (section 9.2.5)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from notifier.stream.ring import Gap, StreamPosition

RETRY_SECONDS = 2
"""How soon a browser reconnects after a stream has ended."""

RETRY_FIELD = b"retry: %d\n" % (RETRY_SECONDS * 1000)


def event(views: Sequence[bytes], position: StreamPosition) -> bytes:
    """Write the views (one line of JSON each) of one event.

    Only the last has an id: the client has seen the whole event after it, and not before.
    """
    *others, last = views
    without_id = b"".join(b"data: %b\n\n" % view for view in others)
    return without_id + b"id: %b\ndata: %b\n\n" % (str(position).encode(), last)


def reset(gap: Gap, position: StreamPosition) -> bytes:
    """Report that events may be missing, and why; the client continues from `position`."""
    reason = json.dumps({"reason": gap})
    return f"event: reset\nid: {position}\ndata: {reason}\n\n".encode()


def beat(position: StreamPosition) -> bytes:
    """Show that the stream is alive, and how far the client has read.

    It is an event, since browsers show a page neither comments nor an id without data.
    """
    return f"event: beat\nid: {position}\ndata: {{}}\n\n".encode()
