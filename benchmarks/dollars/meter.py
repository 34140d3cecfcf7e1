"""The request meter: what each call between the services and AWS is billed for, and why."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from benchmarks.dollars.units import TRANSACTION, Item, index_writes, read_units, write_units
from shared.aws.clients import BILLED_BYTES
from shared.aws.prices import Prices
from shop.scaling.charges import Part
from tests.support.faults.aws_wire import Answer, Call

_OF_QUEUES = {"orders": Part.TICKET, "announcements": Part.FAN_OUT, "live": Part.LIVE}
_OF_READS = {"order": Part.READS, "status": Part.STATUS}
_NO_ITEM: Item = {}

_READY = {"N": "3"}


@dataclass(frozen=True, slots=True)
class Bill:
    """Units by what they buy and of which service (`sqs`, `sns`, `write`, `read`).

    Calls, and entries in them, are by what they buy and by action.
    """

    units: Counter[tuple[Part, str]] = field(default_factory=Counter)
    calls: Counter[tuple[Part, str]] = field(default_factory=Counter)
    entries: Counter[tuple[Part, str]] = field(default_factory=Counter)

    def since(self, earlier: Bill) -> Bill:
        """Return what was added."""
        return Bill(
            self.units - earlier.units,
            self.calls - earlier.calls,
            self.entries - earlier.entries,
        )

    def so_far(self) -> Bill:
        """Return what there is now."""
        return self.since(Bill())

    def dollars(self, prices: Prices) -> Mapping[Part, float]:
        """Add up millionths of a dollar by what they buy."""
        spent: Counter[Part] = Counter()
        for (part, service), units in self.units.items():
            spent[part] += units * getattr(prices, service)
        return spent

    def fill(self, part: Part, action: str) -> float:
        """Return how many entries a call has."""
        return self.entries[part, action] / max(1, self.calls[part, action])


@dataclass(slots=True)
class Meter:
    """Counts all calls of a shop, whose queues have a `prefix`; `ready` are orders made so far.

    It remembers the items that were written: what a write costs depends on the one before.
    """

    prefix: str
    bill: Bill = field(default_factory=Bill)
    ready: set[str] = field(default_factory=set)
    _items: dict[tuple[str, str], Item] = field(default_factory=dict)

    def count(self, call: Call, answer: Answer) -> None:
        """Count a call; AWS's own errors are not billed."""
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return
        if not call.is_json:
            self._count_request(Part.ANNOUNCED, "sns", call, answer, len(call.entries))
        elif (queue := self._queue(call)) is not None:
            self._count_queue(queue, call, answer)
        else:
            self._count_table(call, answer)

    def _queue(self, call: Call) -> str | None:
        url = call.document.get("QueueUrl")
        return None if url is None else str(url).rpartition("/")[2].removeprefix(self.prefix)

    def _count_queue(self, queue: str, call: Call, answer: Answer) -> None:
        entries = len(call.entries)
        part = _OF_QUEUES.get(queue if "-dead" in queue else queue.partition("-")[0], Part.CLOCK)
        if call.action == "ReceiveMessage":
            entries = len(answer.document.get("Messages", []))
        if not entries:
            part = Part.CLOCK
        self._count_request(part, "sqs", call, answer, entries)

    def _count_request(
        self, part: Part, service: str, call: Call, answer: Answer, entries: int
    ) -> None:
        size = max(len(call.body), len(answer.body))
        self._add(part, service, call, max(1, math.ceil(size / BILLED_BYTES)), entries)

    def _count_table(self, call: Call, answer: Answer) -> None:
        asked = call.document
        match call.action:
            case "PutItem":
                self._count_put(call, asked["Item"], taken=answer.status == HTTPStatus.OK)
            case "UpdateItem" if asked["Key"]["sk"]["S"].startswith("numbers#"):
                self._add(Part.NUMBER, "write", call, 1)
            case "UpdateItem" | "DeleteItem":
                self._add(Part.CLOCK, "write", call, 1)
            case "TransactWriteItems":
                self._add(Part.CLOCK, "write", call, TRANSACTION * len(asked["TransactItems"]))
            case "GetItem":
                part = _OF_READS.get(asked["Key"]["sk"]["S"], Part.CLOCK)
                self._count_read(part, call, [answer.document.get("Item", _NO_ITEM)])
            case "Query" | "BatchGetItem":
                self._count_search(call, answer)
            case _ if "TableName" in asked:
                raise ValueError(f"{call.action} is new here")
            case _:
                pass  # queues are looked up at a start

    def _count_search(self, call: Call, answer: Answer) -> None:
        if call.action == "Query":
            is_of_routes = "routes#" in str(call.document["ExpressionAttributeValues"])
            part = Part.ROUTES if is_of_routes else Part.CLOCK
            self._count_read(part, call, answer.document.get("Items", []))
            return
        for items in answer.document["Responses"].values():
            for item in items:  # each is read by itself
                self._count_read(Part.CLOCK, call, [item])

    def _count_put(self, call: Call, item: Item, *, taken: bool) -> None:
        where = item["pk"]["S"], item["sk"]["S"]
        before = self._items.get(where, _NO_ITEM)
        part, index_part = Part.CLOCK, Part.CLOCK
        if where[1] == "order":
            renews = item["version"] == before.get("version")
            part, index_part = (Part.CLAIM if renews else Part.RECORD), Part.INDEXES
        self._add(part, "write", call, write_units(before, item))
        if not taken:
            return
        self.bill.units[index_part, "write"] += index_writes(before, item)
        self._items[where] = item
        if is_ready(item):
            self.ready.add(item["pk"]["S"].removeprefix("order#"))

    def _count_read(self, part: Part, call: Call, items: Sequence[Item]) -> None:
        consistent = bool(call.document.get("ConsistentRead", "RequestItems" in call.document))
        self._add(part, "read", call, read_units(items, consistent=consistent))

    def _add(self, part: Part, service: str, call: Call, units: float, entries: int = 1) -> None:
        self.bill.units[part, service] += units  # type: ignore[assignment]
        self.bill.calls[part, call.action] += 1
        self.bill.entries[part, call.action] += entries


def is_ready(item: Item) -> bool:
    """Return whether an item is an order that was placed, begun, and is ready."""
    return item.get("version") == _READY
