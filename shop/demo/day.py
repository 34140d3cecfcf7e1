"""Draws the orders of a day that ends now. Pure: the same seed and clock give the same day."""

from __future__ import annotations

import base64
import datetime as dt
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from shared.domain.estimate import Estimate
from shared.domain.hours import Hours, business_day, is_open
from shared.domain.menu import (
    Menu,
    MenuItem,
    OrderLineRequest,
    modifier_key,
    quote,
    size_key,
)
from shared.domain.order import Order, OrderState, Serve, TimelineEntry
from shared.domain.order_copies import remake, supersede

NAMES = (
    *("Ada", "Alan", "Barbara", "Donald", "Edsger", "Frances", "Grace", "Hedy", "Jean", "John"),
    *("Karen", "Katherine", "Ken", "Leslie", "Linus", "Margaret", "Niklaus", "Radia", "Tim"),
)
STAFF = "demo"
"""Whose key all of it is said to have been done with."""

_STEP = dt.timedelta(minutes=1)
_JUST_NOW, _NOW_SHARE = dt.timedelta(minutes=5), 6
"""Its orders still wait, and fill the boards."""

_HANDS = 4
"""So many are being made at the end: what one worker has in hand at once by default."""

_CANCELED, _EXPIRED, _REMADE = 0.05, 0.02, 0.02
_RUSH_SHARE = 3
"""A minute of a rush has so many times the orders of another."""

_MORNING, _NOON = range(8, 10), range(12, 14)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoShop:
    """The shop that the day is drawn for."""

    store_id: str
    menu: Menu
    menu_version: int
    sold_out: frozenset[str]
    hours: Hours
    zone: dt.tzinfo
    cancel_reasons: Sequence[str]

    @property
    def on_sale(self) -> Sequence[tuple[MenuItem, str]]:
        """The items that are not sold out, each with the id of a size that is not."""
        return [
            (item, size.id)
            for item in self.menu.items
            for size in item.sizes
            if self.sold_out.isdisjoint({item.id, size_key(item.id, size.id)})
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoDay:
    """So many orders, over `length` until `ends`, while the shop is open."""

    shop: DemoShop
    orders: int
    ends: dt.datetime
    length: dt.timedelta
    seed: int

    def draw(self) -> Sequence[Order]:
        """Draw the day in the order of placing, remakes on top; none if the shop was closed."""
        draw = random.Random(self.seed)  # noqa: S311 - has to be the same again for the same seed
        minutes = [at for at in self._minutes() if is_open(self.shop.hours, self.shop.zone, at)]
        if not minutes:
            return []
        weights = [self._weight(at) for at in minutes]
        drawn: list[Order] = []
        for at in draw.choices(minutes, weights, k=self.orders):
            drawn += self._order(draw, at + dt.timedelta(seconds=draw.randrange(60)))
        return _in_line(sorted((one for one in drawn if one.placed_at < self.ends), key=_placing))

    def _minutes(self) -> Iterator[dt.datetime]:
        for minute in range(1, self.length // _STEP + 1):
            yield self.ends - minute * _STEP

    def _weight(self, at: dt.datetime) -> int:
        if self.ends - at <= _JUST_NOW:
            return _NOW_SHARE
        hour = at.astimezone(self.shop.zone).hour
        return _RUSH_SHARE if hour in _MORNING or hour in _NOON else 1

    def _order(self, draw: random.Random, at: dt.datetime) -> Iterator[Order]:
        serve = draw.choice([None, Serve.HERE, Serve.AWAY])
        priced = quote(self._lines(draw), self.shop.menu, self.shop.sold_out, serve)
        low = priced.prep_seconds + draw.randint(0, 60)
        placed = Order(
            id=_new_id(draw),
            number="",
            store_id=self.shop.store_id,
            customer_name=draw.choice(NAMES),
            items=priced.items,
            currency=self.shop.menu.currency,
            prep_seconds=priced.prep_seconds,
            timeline=(TimelineEntry(OrderState.PLACED, at),),
            fingerprint="",
            correlation_id=f"{draw.getrandbits(128):032x}",
            estimate=Estimate(low, low + 90),
            menu_version=self.shop.menu_version,
            prices_include_tax=self.shop.menu.tax.prices_include_tax,
            serve=priced.serve,
            business_day=business_day(self.shop.hours, self.shop.zone, at),
        )
        done = self._lived(draw, placed, draw.random())
        if done.state is not OrderState.COLLECTED or draw.random() >= _REMADE:
            yield done
        else:
            later = done.since + dt.timedelta(minutes=2)
            again = remake(placed, _new_id(draw), later, STAFF)
            yield supersede(done, again.id, later, STAFF)
            day = business_day(self.shop.hours, self.shop.zone, later)
            yield self._lived(draw, replace(again, business_day=day), 1)

    def _lines(self, draw: random.Random) -> list[OrderLineRequest]:
        chosen = draw.choices(self.shop.on_sale, k=draw.choice([1, 1, 1, 2, 2, 3]))
        return [self._line(draw, item, size) for item, size in chosen]

    def _line(self, draw: random.Random, item: MenuItem, size: str) -> OrderLineRequest:
        there = [one.id for one in item.modifiers if modifier_key(one.id) not in self.shop.sold_out]
        modifiers = draw.sample(there, min(len(there), draw.choice([0, 0, 1])))
        return OrderLineRequest(
            item=item.id,
            size=size,
            modifiers=modifiers,
            quantity=draw.choice([1, 1, 1, 2]),
            note=None,
        )

    def _lived(self, draw: random.Random, order: Order, luck: float) -> Order:
        """Take an order through the states that it has reached by the end of the day."""
        begun = order.placed_at + dt.timedelta(seconds=draw.randint(2, 120))
        ready = begun + dt.timedelta(seconds=order.prep_seconds + draw.randint(0, 60))
        fetched = ready + dt.timedelta(seconds=draw.randint(10, 300))
        steps = [
            TimelineEntry(OrderState.PREPARING, begun),
            TimelineEntry(OrderState.READY, ready, STAFF),
            TimelineEntry(OrderState.COLLECTED, fetched, STAFF),
        ]
        reason = None
        if luck < _CANCELED:
            steps = [TimelineEntry(OrderState.CANCELED, begun, STAFF)]
            reason = draw.choice([*self.shop.cancel_reasons, None])
        elif luck < _CANCELED + _EXPIRED and self.ends - ready > dt.timedelta(hours=2):
            steps[-1] = TimelineEntry(OrderState.EXPIRED, ready + dt.timedelta(hours=2))
        timeline = (*order.timeline, *(step for step in steps if step.at < self.ends))
        return replace(
            order,
            state=timeline[-1].state,
            version=len(timeline),
            attempt=int(OrderState.PREPARING in {entry.state for entry in timeline}),
            timeline=timeline,
            cancel_reason=reason if timeline[-1].state is OrderState.CANCELED else None,
        )


def _in_line(orders: Iterable[Order]) -> list[Order]:
    """Leave the oldest of those that are being made as they are; the others are still in line."""
    begun, day = 0, list[Order]()
    for order in orders:
        is_begun = order.state is OrderState.PREPARING
        begun += is_begun
        day.append(_not_begun(order) if is_begun and begun > _HANDS else order)
    return day


def _not_begun(order: Order) -> Order:
    return replace(
        order,
        state=OrderState.PLACED,
        version=order.version - 1,
        attempt=0,
        timeline=order.timeline[:-1],
    )


def _placing(order: Order) -> tuple[dt.datetime, str]:
    return order.placed_at, order.id


def _new_id(draw: random.Random) -> str:
    return base64.b32encode(draw.randbytes(16)).decode().rstrip("=").lower()
