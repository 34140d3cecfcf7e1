"""The types of events that a filter may name, in full or, of orders, by the state alone."""

from __future__ import annotations

from shared.messages.announcement import NEWSLETTER_PUBLISHED, ORDER_TYPES

_IN_FULL = {
    **{str(state): name for state, name in ORDER_TYPES.items()},
    "published": NEWSLETTER_PUBLISHED,
}


def event_type(name: str) -> str:
    """Give the type that `name` stands for: `ready` is `coffeeshop.order.ready.v1`.

    Raises ValueError when no event has that type: such a filter would never match.
    """
    wanted = _IN_FULL.get(name, name)
    if wanted not in _IN_FULL.values():
        raise ValueError(f"no event is of this type; there are {', '.join(_IN_FULL)}")
    return wanted
