"""The topics that a new shop has."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.messages.announcement import ORDER_EVENTS

BUILT_IN_TOPICS: Mapping[str, str] = MappingProxyType(
    {
        ORDER_EVENTS: "Every change of every order",
        "coupons": "Offers, as soon as there are any",
        "coffee-trivia": "Something about coffee that you did not know",
        "new-products": "What is new on the menu",
    }
)
"""Each topic's name and what it is about."""

TOPIC_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "coupons": "Offers",
        "coffee-trivia": "Coffee trivia",
        "new-products": "New on the menu",
    }
)
"""What readers of English know the newsletters by; one of the shop's own has its name alone."""
