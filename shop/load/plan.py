"""The plan of a load: all its orders and their times, drawn from a seed before any is sent."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shop.client.answers import Json

MOST_LINES = 3
MOST_OF_ONE = 2


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """An order to place, `due` seconds after the start, under an idempotency key of its own."""

    due: float
    key: str
    body: Json


def plan(menu: Json, orders: int, rate: float, *, seed: int, run: str) -> Sequence[PlannedOrder]:
    """Draw `orders` orders, `rate` of them due in each second.

    What is ordered depends on `seed` alone. `run` makes customer names different from any other
    run's; each name has one key, so that an order stored twice shows. Keys are random.
    """
    draw = random.Random(seed)  # noqa: S311 - has to be the same again for the same seed
    on_sale = [item for item in map(_on_sale, menu["items"]) if item["sizes"]]
    if not on_sale:
        raise ValueError("everything on the menu is sold out")
    return [
        PlannedOrder(
            due=position / rate,
            key=f"load-{uuid.uuid4()}",
            body={"customer_name": f"Load {run} {position:06}", "items": _items(draw, on_sale)},
        )
        for position in range(orders)
    ]


def _on_sale(item: Any) -> Any:
    """Leave out what is sold out; an item that is has no sizes left."""
    sizes = [] if item["sold_out"] else [size for size in item["sizes"] if not size["sold_out"]]
    modifiers = [modifier for modifier in item["modifiers"] if not modifier["sold_out"]]
    return {**item, "sizes": sizes, "modifiers": modifiers}


def _items(draw: random.Random, on_sale: Sequence[Any]) -> list[Json]:
    return [_item(draw, draw.choice(on_sale)) for _ in range(draw.randint(1, MOST_LINES))]


def _item(draw: random.Random, item: Any) -> Json:
    modifiers = [modifier["id"] for modifier in item["modifiers"]]
    return {
        "item": item["id"],
        "size": draw.choice(item["sizes"])["id"],
        "modifiers": draw.sample(modifiers, draw.randint(0, min(2, len(modifiers)))),
        "quantity": draw.randint(1, MOST_OF_ONE),
    }
