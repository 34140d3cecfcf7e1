"""Forgets a customer at both services: the cashier has the orders, the notifier the subscriptions.

The subscriptions and orders are counted first. What leads to the rest is forgotten last, so that
after a failure the same call finds it again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp

from shop.client.answers import Json, ProblemError, content

_IDS = 100
_TIMEOUT = aiohttp.ClientTimeout(total=60)
_COUNTED = ("subscriptions", "deliveries", "dead_letters", "mails")


@dataclass(slots=True)
class Found:
    """What a shop has of a customer: their orders, and how much of everything else."""

    orders: list[Json] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTED, 0))

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing at all."""
        return not self.orders and not any(self.counts.values())

    def add(self, erased: Json) -> None:
        """Add what the notifier has."""
        for name in _COUNTED:
            self.counts[name] += erased[name]


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Forgets one customer of a shop, by `address`, `name`, `number` or `order_id`."""

    http: aiohttp.ClientSession
    whose: Mapping[str, str | int]

    async def forget(self, *, dry_run: bool) -> Found:
        """Forget the customer, or only count what there is."""
        if "address" in self.whose:
            return await self._by_address(dry_run=dry_run)
        return await self._by_orders(dry_run=dry_run)

    async def _by_address(self, *, dry_run: bool) -> Found:
        """Forget a mailbox, after the orders that it has subscribed to."""
        found = Found()
        erased = await self._subscriber(self.whose, dry_run=True)
        for order_id in erased["order_ids"]:
            found.orders += await self._known_order(order_id, dry_run=dry_run)
        found.add(erased if dry_run else await self._subscriber(self.whose, dry_run=False))
        return found

    async def _by_orders(self, *, dry_run: bool) -> Found:
        """Forget the contacts of a customer's orders, then whose orders they are."""
        found = Found(await self._orders(self.whose, dry_run=True))
        for some in _chunks(found.orders):
            contacts = {
                "order_ids": [order["id"] for order in some],
                "subscription_ids": [order["subscription_id"] for order in some],
            }
            found.add(await self._subscriber(contacts, dry_run=dry_run))
        if not dry_run:
            await self._orders(self.whose, dry_run=False)
        return found

    async def _known_order(self, order_id: str, *, dry_run: bool) -> Sequence[Json]:
        try:
            return await self._orders({"order_id": order_id}, dry_run=dry_run)
        except ProblemError as problem:
            if problem.status == HTTPStatus.NOT_FOUND:  # it was deleted, or never was
                return []
            raise

    async def _orders(self, whose: Mapping[str, str | int], *, dry_run: bool) -> list[Json]:
        found: list[Json] = []
        body: dict[str, object] = {**whose, "dry_run": dry_run}
        while True:
            page = await self._post("customers/forget", body)
            found += page["orders"]
            if page["next_cursor"] is None:
                return found
            body["cursor"] = page["next_cursor"]

    async def _subscriber(self, whom: Mapping[str, object], *, dry_run: bool) -> Json:
        return await self._post("subscriptions/forget", {**whom, "dry_run": dry_run})

    async def _post(self, path: str, body: Mapping[str, object]) -> Json:
        async with self.http.post(path, json=body, timeout=_TIMEOUT) as response:
            return await content(response)


def _chunks(orders: Iterable[Json]) -> Iterable[Sequence[Json]]:
    rest = iter(orders)
    while some := list(itertools.islice(rest, _IDS)):
        yield some
