"""One business day in figures. Pure: orders are added one by one, and none is kept.

Every order of the day counts by state and by hour. Those that are neither canceled nor failed are
sold, except for remakes: they were paid for before. Only what is sold has revenue and waits.
"""

from __future__ import annotations

import datetime as dt
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shared.domain.hours import day_of
from shared.domain.order import Order, OrderState
from shared.domain.tax import TaxTotal, tax_by_rate

_NOT_SOLD = frozenset({OrderState.CANCELED, OrderState.FAILED})

_STEP = dt.timedelta(minutes=15)
"""No time zone is shifted by less."""

MOST_REASONS = 100
"""Reasons are texts that people type."""


@dataclass(frozen=True, slots=True)
class HourReport:
    """The orders placed in one hour of the shop's clocks; `begins` has the zone's offset then."""

    begins: dt.datetime
    orders: int
    states: Mapping[OrderState, int]


@dataclass(frozen=True, slots=True)
class ItemSales:
    """How often a size of an item was sold, and what customers paid for it (minor units)."""

    item: str
    size: str
    name: str
    quantity: int
    revenue: int


@dataclass(frozen=True, slots=True)
class Waits:
    """How long customers waited, from placed to ready, in milliseconds, by nearest rank.

    `promised` orders had an estimate; `kept` were ready within it.
    """

    count: int
    median: int
    p90: int
    promised: int
    kept: int


@dataclass(frozen=True, slots=True)
class Cancels:
    """Canceled orders by the reason that staff gave, the most frequent first.

    None is no reason, a rarer one, or a customer's: anybody could write into the owner's report.
    """

    reason: str | None
    count: int


@dataclass(frozen=True, slots=True)
class DayReport:
    """A business day; see this module for what counts."""

    day: dt.date
    orders: int
    sold: int
    remakes: int
    states: Mapping[OrderState, int]
    hours: Sequence[HourReport]
    items: Sequence[ItemSales]
    rates: Sequence[TaxTotal]
    waits: Waits | None
    cancels: Sequence[Cancels]

    @property
    def total(self) -> TaxTotal:
        """The sums over all rates."""
        net, tax, gross = (
            sum(getattr(rate, name) for rate in self.rates) for name in ("net", "tax", "gross")
        )
        return TaxTotal(0, net, tax, gross)


def hour_of(at: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """Return the hour on the shop's clocks; the two of a doubled hour differ by their offset."""
    shown = at.astimezone(zone)
    offset = dt.timezone(shown.utcoffset() or dt.timedelta())
    return shown.replace(minute=0, second=0, microsecond=0, tzinfo=offset, fold=0)


def hours_of_day(day: dt.date, zone: dt.tzinfo) -> Iterator[dt.datetime]:
    """List the hours of a day, from midnight to midnight: 24, and 23 or 25 when clocks change."""
    at = dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
    while at.astimezone(zone).date() <= day:
        yield hour_of(at, zone)
        at += _STEP


@dataclass(slots=True)
class DayTally:
    """Counts orders of one business day, in memory that grows by some bytes for each."""

    day: dt.date
    zone: dt.tzinfo
    _states: Counter[OrderState] = field(default_factory=Counter)
    _hours: dict[dt.datetime, Counter[OrderState]] = field(default_factory=dict)
    _items: dict[tuple[str, str], ItemSales] = field(default_factory=dict)
    _rates: dict[int, TaxTotal] = field(default_factory=dict)
    _reasons: Counter[str | None] = field(default_factory=Counter)
    _waits: array[int] = field(default_factory=lambda: array("q"))
    _sold: int = 0
    _remakes: int = 0
    _promised: int = 0
    _kept: int = 0

    def add(self, order: Order) -> None:
        """Count an order, unless it is another day's."""
        if day_of(order, self.zone) != self.day:
            return
        self._states[order.state] += 1
        self._hours.setdefault(hour_of(order.placed_at, self.zone), Counter())[order.state] += 1
        if order.state is OrderState.CANCELED:
            by_staff = order.timeline[-1].by is not None
            self._reasons[order.cancel_reason if by_staff else None] += 1
        if order.remake_of is not None:
            self._remakes += 1
        elif order.state not in _NOT_SOLD:
            self._sold += 1
            self._add_sale(order)
            self._add_wait(order)

    def report(self) -> DayReport:
        """Sum up what was added."""
        return DayReport(
            day=self.day,
            orders=self._states.total(),
            sold=self._sold,
            remakes=self._remakes,
            states={state: self._states[state] for state in OrderState},
            hours=[*self._all_hours()],
            items=sorted(self._items.values(), key=lambda one: (-one.revenue, one.item, one.size)),
            rates=[self._rates[rate] for rate in sorted(self._rates)],
            waits=self._summary() if self._waits else None,
            cancels=[*self._cancels()],
        )

    def _add_sale(self, order: Order) -> None:
        for line in order.items:
            key = (line.item, line.size)
            paid = line.total + (0 if order.prices_include_tax else line.tax)
            sold = self._items.get(key)
            quantity, revenue = (sold.quantity, sold.revenue) if sold else (0, 0)
            self._items[key] = ItemSales(*key, line.name, quantity + line.quantity, revenue + paid)
        for new in tax_by_rate(order):
            old = self._rates.get(new.rate, TaxTotal(new.rate, 0, 0, 0))
            self._rates[new.rate] = TaxTotal(
                new.rate, old.net + new.net, old.tax + new.tax, old.gross + new.gross
            )

    def _add_wait(self, order: Order) -> None:
        ready_at = order.reached(OrderState.READY)
        if ready_at is None:
            return
        wait = (ready_at - order.placed_at) // dt.timedelta(milliseconds=1)
        self._waits.append(wait)
        if order.estimate is not None:
            self._promised += 1
            self._kept += wait <= order.estimate.high_seconds * 1000

    def _summary(self) -> Waits:
        waits = sorted(self._waits)
        return Waits(len(waits), _ranked(waits, 50), _ranked(waits, 90), self._promised, self._kept)

    def _all_hours(self) -> Iterator[HourReport]:
        """List the hours of the day, and others in which its orders were placed, by time."""
        for begins in sorted({*hours_of_day(self.day, self.zone), *self._hours}):
            states = self._hours.get(begins, Counter())
            yield HourReport(begins, states.total(), dict(states))

    def _cancels(self) -> Iterator[Cancels]:
        named = Counter({reason: n for reason, n in self._reasons.items() if reason is not None})
        ranked = sorted(named.items(), key=lambda one: (-one[1], one[0]))[:MOST_REASONS]
        yield from (Cancels(reason, count) for reason, count in ranked)
        if others := self._reasons.total() - sum(count for _, count in ranked):
            yield Cancels(None, others)


def _ranked(ordered: Sequence[int], percent: int) -> int:
    """Return the smallest value that `percent` of the values do not exceed (nearest rank)."""
    return ordered[-(-len(ordered) * percent // 100) - 1]
