"""Subscriptions as items of the DynamoDB table: one by the id, and one for each routing key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from shared.clock import sortable
from shared.domain.subscription import Subscription, SubscriptionState
from shared.store.document import SUBSCRIPTION
from shared.store.dynamodb.item import Item, epoch_seconds, key


def subscription_pk(store_id: str, subscription_id: str) -> str:
    """Name the partition of a subscription and of the deliveries to it."""
    return f"subscription#{store_id}#{subscription_id}"


def subscription_key(store_id: str, subscription_id: str) -> Item:
    """Make the primary key of a subscription."""
    return key(subscription_pk(store_id, subscription_id), "subscription")


def in_state_partition(store_id: str, state: SubscriptionState) -> str:
    """Name the partition of the index of open items that has the subscriptions in a state."""
    return f"{state}#{store_id}"


def in_state_sort_key(subscription: Subscription) -> str:
    """Make the key that sorts the subscriptions in a state: by age, and then by id.

    It ends with the topic, so that topics are counted without reading the items.
    """
    return f"{sortable(subscription.created_at)}#{subscription.id}#{subscription.topic}"


def subscription_item(
    store_id: str, subscription: Subscription, write_id: str, ended_until: dt.datetime
) -> Item:
    """Write a subscription as an item; it is open until the subscription ends, and then expires."""
    item: Item = {
        **subscription_key(store_id, subscription.id),
        **_document(subscription),
        "version": {"N": str(subscription.version)},
        "write_id": {"S": write_id},
    }
    if subscription.state is SubscriptionState.ENDED:
        return {**item, "expires": epoch_seconds(ended_until)}
    partition = in_state_partition(store_id, subscription.state)
    return {**item, "open": {"S": partition}, "placed": {"S": in_state_sort_key(subscription)}}


def topic_of(entry: Item) -> str:
    """Read a subscription's topic from its entry in the index of open items."""
    return entry["placed"]["S"].rpartition("#")[2]


def routing_key_pk(store_id: str, routing_key: str) -> str:
    """Name the partition of the subscriptions that have a routing key."""
    return f"routes#{store_id}#{routing_key}"


def routing_key_items(store_id: str, subscription: Subscription) -> Sequence[Item]:
    """Write a subscription once for each of its routing keys, so that one query finds it there."""
    return [
        {**key(routing_key_pk(store_id, routing_key), subscription.id), **_document(subscription)}
        for routing_key in subscription.routing_keys
    ]


def subscription_of(item: Item) -> Subscription:
    """Read a subscription from its item, or from that of a routing key."""
    return SUBSCRIPTION.validate_json(item["document"]["S"])


def _document(subscription: Subscription) -> Item:
    return {"document": {"S": SUBSCRIPTION.dump_json(subscription).decode()}}
