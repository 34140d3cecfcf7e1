"""Orders as items of the DynamoDB table, and what all its items have in common."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, TypeAlias

from shared.domain.order import OPEN_STATES, Order
from shared.store.cursor import Position, position
from shared.store.document import dump, load

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
    """Make the primary key of something that belongs to a whole shop."""
    return key(f"shop#{store_id}", sk)


def day_key(store_id: str, day: dt.date) -> str:
    """Make the partition of the index by day that holds the shop's orders of a UTC day."""
    return f"{store_id}#{day.isoformat()}"


def sort_key(at: Position) -> str:
    """Write an order's place in the list of all as both indexes sort it."""
    return f"{at.placed_at}#{at.order_id}"


def order_item(order: Order, write_id: str, closed_until: dt.datetime) -> Item:
    """Write an order as an item.

    While it is open it is in the index of open orders; closed, it expires at `closed_until`.
    `write_id` tells whose write the item comes from.
    """
    item: Item = {
        **order_key(order.id),
        "document": {"S": dump(order).decode()},
        "version": {"N": str(order.version)},
        "attempt": {"N": str(order.attempt)},
        "write_id": {"S": write_id},
        "placed": {"S": sort_key(position(order))},
        "day": {"S": day_key(order.store_id, order.placed_at.astimezone(dt.UTC).date())},
    }
    if order.state in OPEN_STATES:
        item["open"] = {"S": order.store_id}
    else:
        item["expires"] = epoch_seconds(closed_until)
    return item


def order_of(item: Item) -> Order:
    """Read an order from its item."""
    return load(item["document"]["S"])


def position_of(item: Item) -> Position:
    """Read an order's place in the list of all from its entry in an index."""
    placed_at, _, order_id = item["placed"]["S"].partition("#")
    return Position(placed_at, order_id)


def epoch_seconds(at: dt.datetime) -> AttributeValueTypeDef:
    """Write a point in time as DynamoDB wants it of an attribute that items expire by."""
    return {"N": str(int(at.timestamp()))}


def same_write(recorded: Item, item: Item) -> bool:
    """Tell whether a recorded item comes from the write that was to record `item`."""
    return recorded.get("write_id") == item["write_id"]
