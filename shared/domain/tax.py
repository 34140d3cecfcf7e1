"""Tax on orders, in whole minor units: by line, at a rate that may depend on where it is eaten.

Rates are in thousandths of a percent: 8.875 %, New York City's, is 8875.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from operator import attrgetter

from shared.domain.order import LineItem, Order, Serve

WHOLE = 100_000
"""100 %."""

_RATE = re.compile(r"(0|[1-9][0-9]{0,2})(?:\.([0-9]{1,3}))?", re.ASCII)
_STEPS = 1000


class Rounding(StrEnum):
    """How a line's tax becomes a whole number of minor units."""

    HALF_UP = "half-up"
    """To the nearest one, and up from the middle."""

    HALF_EVEN = "half-even"
    """To the nearest one, and from the middle to the even one."""

    DOWN = "down"
    """What is less than a whole one is dropped."""


@dataclass(frozen=True, slots=True)
class TaxRates:
    """The rates of a tax class, by where it is eaten."""

    here: int = 0
    away: int = 0

    def rate(self, serve: Serve | None) -> int:
        """Return the rate; where nothing is said, the order is taken away."""
        return self.here if serve is Serve.HERE else self.away


UNTAXED = TaxRates()


@dataclass(frozen=True, slots=True)
class TaxRules:
    """How a shop charges tax.

    Prices have the tax in them if `prices_include_tax`; else it is added to them. Orders that do
    not say where they are eaten are taken to be for `serve`; none means that it does not matter.
    """

    prices_include_tax: bool = True
    rounding: Rounding = Rounding.HALF_UP
    serve: Serve | None = None
    classes: Mapping[str, TaxRates] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """What an order has at one rate, in minor units; `gross` is `net` and `tax`."""

    rate: int
    net: int
    tax: int
    gross: int


def parse_rate(text: str) -> int:
    """Read a rate in percent, as in `19` or `8.875`; raises ValueError unless it is 0 to 100."""
    match = _RATE.fullmatch(text)
    rate = int(match[1]) * _STEPS + int((match[2] or "").ljust(3, "0")) if match else WHOLE + 1
    if rate > WHOLE:
        raise ValueError('a rate is 0 to 100 percent, with up to 3 decimals, as in "8.875"')
    return rate


def show_rate(rate: int) -> str:
    """Write a rate in percent: `show_rate(8875)` is `8.875`."""
    whole, part = divmod(rate, _STEPS)
    return f"{whole}.{part:03d}".rstrip("0").rstrip(".")


def tax_of(price: int, rate: int, *, included: bool, rounding: Rounding) -> int:
    """Return the tax in a line's price, or that comes on top of it unless it is `included`."""
    share, whole = price * rate, WHOLE + rate if included else WHOLE
    tax, rest = divmod(share, whole)
    match rounding:
        case Rounding.DOWN:
            return tax
        case Rounding.HALF_UP:
            return tax + (2 * rest >= whole)
        case Rounding.HALF_EVEN:
            return tax + (2 * rest > whole or (2 * rest == whole and tax % 2 == 1))


def tax_by_rate(order: Order) -> Sequence[TaxTotal]:
    """Sum an order up by rate, the lowest first; the gross sums add up to its total."""
    by_rate = attrgetter("tax_rate")
    return [
        _sum_of(rate, lines, included=order.prices_include_tax)
        for rate, lines in groupby(sorted(order.items, key=by_rate), key=by_rate)
    ]


def _sum_of(rate: int, lines: Iterable[LineItem], *, included: bool) -> TaxTotal:
    price = tax = 0
    for line in lines:
        price, tax = price + line.total, tax + line.tax
    net = price - tax if included else price
    return TaxTotal(rate, net, tax, net + tax)
