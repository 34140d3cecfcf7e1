"""An order's documents as the bare handler writes them: as long as the cashier's."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

_LINE = {"id": "1", "name": "Caffè latte", "note": None, "unit_price": 520, "tax_rate": 0, "tax": 0}

_ORDER = {
    "number": "001",
    "store_id": "main",
    "currency": "USD",
    "prep_seconds": 115,
    "state": "placed",
    "version": 1,
    "attempt": 0,
    "claim": None,
    "estimate": {"low_seconds": 11, "high_seconds": 18},
    "forgotten": False,
    "menu_version": 1,
    "prices_include_tax": True,
    "serve": None,
    "cancel_reason": None,
    "remake_of": None,
    "remade_as": None,
}

_EVENT = {
    "specversion": "1.0",
    "source": "/stores/main",
    "type": "coffeeshop.order.placed.v1",
    "datacontenttype": "application/json",
}


def order_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Make the order that the body of a request asks for."""
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    return {
        **_ORDER,
        "id": secrets.token_hex(13),
        "customer_name": body["customer_name"],
        "items": [{**_LINE, **line} for line in body["items"]],
        "timeline": [{"state": "placed", "at": at, "by": None}],
        "fingerprint": secrets.token_hex(32),
        "correlation_id": secrets.token_hex(16),
        "business_day": at[:10],
    }


def announcement_of(order: Mapping[str, Any]) -> dict[str, Any]:
    """Make the entry, for SNS, of the event that the order was placed."""
    names = ("number", "state", "version", "attempt")
    event = {
        **_EVENT,
        "id": f"{order['id']}:1",
        "subject": order["id"],
        "time": order["timeline"][0]["at"],
        "correlationid": order["correlation_id"],
        "data": {
            "order_id": order["id"],
            "previous_state": None,
            **{name: order[name] for name in names},
        },
    }
    attributes = {"type": _EVENT["type"], "store_id": "main", "order_id": order["id"]}
    return {"Message": json.dumps(event), **_attributes(attributes)}


def ticket_of(order: Mapping[str, Any]) -> dict[str, Any]:
    """Make the entry, for SQS, of the order's ticket."""
    names = ("store_id", "correlation_id", "version")
    ticket = {"order_id": order["id"], **{name: order[name] for name in names}}
    attributes = {"correlation_id": order["correlation_id"]}
    return {"MessageBody": json.dumps(ticket), **_attributes(attributes)}


def _attributes(values: Mapping[str, str]) -> dict[str, Any]:
    typed = {name: {"DataType": "String", "StringValue": text} for name, text in values.items()}
    return {"MessageAttributes": typed, "MessageGroupId": "main"}
