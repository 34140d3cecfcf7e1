"""One line of an order as it is typed: `latte:large+oat-milk+vanilla*2`."""

from __future__ import annotations

import re

from shop.client.answers import Json

_ID = r"[a-z0-9][a-z0-9-]*"
_WISH = re.compile(
    rf"(?P<item>{_ID}):(?P<size>{_ID})(?P<modifiers>(\+{_ID})*)(\*(?P<quantity>\d{{1,3}}))?"
)


def parse_wish(text: str) -> Json:
    """Read `ITEM:SIZE[+MODIFIER…][*QUANTITY]`; raises ValueError that shows how it is written."""
    match = _WISH.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(
            f"{text!r} should be ITEM:SIZE[+MODIFIER…][*QUANTITY], "
            "as in espresso:double or latte:large+oat-milk*2"
        )
    return {
        "item": match["item"],
        "size": match["size"],
        "modifiers": match["modifiers"].split("+")[1:],
        "quantity": int(match["quantity"] or 1),
    }
