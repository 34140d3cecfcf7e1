"""Orders as items of the DynamoDB table, and the parts that all its items share."""

from __future__ import annotations

import datetime as dt
import zlib
from typing import TYPE_CHECKING, TypeAlias

from shared.domain.order import OPEN_STATES, Order
from shared.store.cursor import Position, position
from shared.store.document import ORDER

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb.type_defs import AttributeValueTypeDef

Item: TypeAlias = "dict[str, AttributeValueTypeDef]"


def key(pk: str, sk: str) -> Item:
    """Make the primary key of an item."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def key_of(item: Item) -> Item:
    """Take the primary key out of an item, or out of its entry in an index."""
    return {"pk": item["pk"], "sk": item["sk"]}


def order_key(order_id: str) -> Item:
    """Make the primary key of an order."""
    return key(f"order#{order_id}", "order")


def shop_key(store_id: str, sk: str) -> Item:
    """Make the primary key of an item that belongs to a whole shop."""
    return key(f"shop#{store_id}", sk)


def day_key(store_id: str, day: dt.date) -> str:
    """Name the partition of the index by day that holds the shop's orders of a UTC day."""
    return f"{store_id}#{day.isoformat()}"


def sort_key(at: Position) -> str:
    """Write an order's position in the list of all as the sort key of both indexes."""
    return f"{at.placed_at}#{at.order_id}"


def order_item(order: Order, write_id: str, closed_until: dt.datetime) -> Item:
    """Write an order as an item.

    Its document is deflated: writes are billed by the kilobyte. An open order is in the index of
    open items; a closed one expires at `closed_until`. `write_id` identifies the write that the
    item comes from.
    """
    item: Item = {
        **order_key(order.id),
        "document": {"B": zlib.compress(ORDER.dump_json(order))},
        "version": {"N": str(order.version)},
        "attempt": {"N": str(order.attempt)},
        "write_id": {"S": write_id},
        "placed": {"S": sort_key(position(order))},
        "day": {"S": day_key(order.store_id, order.placed_at.astimezone(dt.UTC).date())},
    }
    if order.forgotten:
        item["forgotten"] = {"BOOL": True}
    if order.state in OPEN_STATES:
        item["open"] = {"S": order.store_id}
    else:
        item["expires"] = epoch_seconds(closed_until)
    return item


def order_of(item: Item) -> Order:
    """Read an order from its item; those of earlier releases have the document as text."""
    document = item["document"]
    return ORDER.validate_json(document["S"] if "S" in document else zlib.decompress(document["B"]))


def position_of(item: Item) -> Position:
    """Read an order's position in the list of all from its entry in an index."""
    placed_at, _, order_id = item["placed"]["S"].partition("#")
    return Position(placed_at, order_id)


def epoch_seconds(at: dt.datetime) -> AttributeValueTypeDef:
    """Write a point in time as DynamoDB expects it in the attribute that items expire by."""
    return {"N": str(int(at.timestamp()))}


def same_write(recorded: Item, item: Item) -> bool:
    """Return whether a recorded item comes from the write of `item`."""
    return recorded.get("write_id") == item["write_id"]
