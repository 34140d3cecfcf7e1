"""What DynamoDB bills: units by the sizes of items, and writes of index entries.

Emulators report `ConsumedCapacity` wrongly, so the sizes are computed here. Pure.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Item: TypeAlias = Mapping[str, Mapping[str, Any]]
"""An item as it is on the wire: binary values are in base 64."""

WRITE_BYTES, READ_BYTES = 1024, 4096
"""What a unit covers: of a write, and of a consistent read."""

TRANSACTION = 2
"""How often a write in a transaction is billed."""

_INDEXES = (("open", "placed"), ("day", "placed"))
"""The keys of the indexes, which have keys only."""


def item_bytes(item: Item) -> int:
    """Return the size of an item as DynamoDB counts it, attribute names included."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def write_units(*versions: Item) -> int:
    """Return the units of a write: the larger counts, of the item before it and after it."""
    return max(1, math.ceil(max(map(item_bytes, versions), default=0) / WRITE_BYTES))


def read_units(items: Sequence[Item], *, consistent: bool) -> float:
    """Return the units of a read of items together; one that finds nothing takes one, too."""
    units = max(1, math.ceil(sum(map(item_bytes, items)) / READ_BYTES))
    return units if consistent else units / 2


def index_writes(before: Item, after: Item) -> int:
    """Count the index entries that a write adds, changes (twice) and removes."""
    return sum(_entry_writes(before, after, keys) for keys in _INDEXES)


def _entry_writes(before: Item, after: Item, keys: tuple[str, str]) -> int:
    old, new = ([version.get(key) for key in keys] for version in (before, after))
    if old == new:
        return 0
    return (None not in old) + (None not in new)


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "B":
            return len(base64.b64decode(content))
        case "N":
            return math.ceil(len(content.strip("-").replace(".", "")) / 2) + 1
        case "SS" | "NS" | "BS":
            return sum(_value_bytes({kind[0]: each}) for each in content)
        case "BOOL" | "NULL":
            return 1
        case _:
            raise ValueError(f"an attribute of the kind {kind} is new here")
