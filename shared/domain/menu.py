"""The menu: what the shop sells, its prices and preparation times, and the price of an order.

What is sold out is written `latte` for an item, `latte/large` for a size of it, and `+oat-milk`
for a modifier of any item.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from shared.domain.errors import FieldError, NotOnTheMenuError
from shared.domain.order import LineItem, Serve
from shared.domain.tax import UNTAXED, TaxRates, TaxRules, tax_of


class Allergen(StrEnum):
    """What has to be declared in the EU: Regulation 1169/2011, Annex II."""

    GLUTEN = "gluten"
    CRUSTACEANS = "crustaceans"
    EGGS = "eggs"
    FISH = "fish"
    PEANUTS = "peanuts"
    SOYBEANS = "soybeans"
    MILK = "milk"
    NUTS = "nuts"
    CELERY = "celery"
    MUSTARD = "mustard"
    SESAME = "sesame"
    SULPHITES = "sulphites"
    LUPIN = "lupin"
    MOLLUSCS = "molluscs"


@dataclass(frozen=True, slots=True)
class Choice:
    """A size or a modifier; `price` is in minor units (a modifier's is added to the size's)."""

    id: str
    name: str
    price: int


@dataclass(frozen=True, slots=True)
class Modifier(Choice):
    """What an item may be ordered with.

    It is made without the item's allergens that it `replaces`, as oat milk is made without milk.
    Of those in a `group` one is meant to be chosen at a time.
    """

    allergens: tuple[Allergen, ...] = ()
    may_contain: tuple[Allergen, ...] = ()
    replaces: tuple[Allergen, ...] = ()
    group: str | None = None


@dataclass(frozen=True, slots=True)
class MenuItem:
    """Something to order; `prep_seconds` is the work for one of it at natural speed.

    It `may_contain` traces. `notes` are for customers.
    """

    id: str
    name: str
    description: str
    category: str
    prep_seconds: int
    sizes: tuple[Choice, ...]
    modifiers: tuple[Modifier, ...] = ()
    allergens: tuple[Allergen, ...] = ()
    may_contain: tuple[Allergen, ...] = ()
    notes: str = ""
    tax: TaxRates = UNTAXED


@dataclass(frozen=True, slots=True)
class Menu:
    """The items the shop sells, priced in one currency (ISO 4217)."""

    currency: str
    items: tuple[MenuItem, ...]
    tax: TaxRules = field(default_factory=TaxRules)

    @property
    def typical_seconds(self) -> float:
        """The work for one item at natural speed, on average."""
        return sum(item.prep_seconds for item in self.items) / len(self.items)


@dataclass(frozen=True, slots=True)
class OrderLineRequest:
    """One line of an order as requested, not yet checked against the menu."""

    item: str
    size: str
    modifiers: Sequence[str]
    quantity: int
    note: str | None


@dataclass(frozen=True, slots=True)
class Quote:
    """The line items of an order at the shop's prices, and the work in them.

    They are taxed for `serve`; None means that it does not matter where they are eaten.
    """

    items: tuple[LineItem, ...]
    prep_seconds: int
    serve: Serve | None


_LONGEST_COMPARED = 40

_Entry = TypeVar("_Entry", Choice, Modifier, MenuItem)


def find(among: Sequence[_Entry], wanted: str) -> _Entry | None:
    """Find the entry of that id."""
    for entry in among:
        if entry.id == wanted:
            return entry
    return None


def size_key(item_id: str, size_id: str) -> str:
    """Write a size of an item as `sold_out` has it."""
    return f"{item_id}/{size_id}"


def modifier_key(modifier_id: str) -> str:
    """Write a modifier as `sold_out` has it."""
    return f"+{modifier_id}"


def quote(
    lines: Sequence[OrderLineRequest],
    menu: Menu,
    sold_out: Collection[str],
    serve: Serve | None = None,
) -> Quote:
    """Price an order; where nothing is said, it is for what the menu says (`tax.serve`).

    Raises NotOnTheMenuError with every unknown or sold-out item, size and modifier, each with
    its path in the order.
    """
    serve = serve or menu.tax.serve
    field_errors: list[FieldError] = []
    items: list[LineItem] = []
    prep_seconds = 0
    for index, line in enumerate(lines):
        entry = find(menu.items, line.item)
        if found := list(_errors(line, entry, menu.items, sold_out, ("items", index))):
            field_errors += found
        elif entry is not None:
            items.append(_line_item(str(index + 1), line, entry, menu.tax, serve))
            prep_seconds += entry.prep_seconds * line.quantity
    if field_errors:
        raise NotOnTheMenuError(tuple(field_errors))
    return Quote(tuple(items), prep_seconds, serve)


def _errors(
    line: OrderLineRequest,
    entry: MenuItem | None,
    menu: Sequence[MenuItem],
    sold_out: Collection[str],
    path: tuple[str | int, ...],
) -> Iterator[FieldError]:
    if entry is None:
        detail = f"{line.item!r} is not on the menu{_suggestion(line.item, menu)}"
        yield FieldError((*path, "item"), detail)
        return
    if entry.id in sold_out:
        yield FieldError((*path, "item"), f"{entry.name} is sold out")
    yield from _size_errors(line, entry, sold_out, path)
    for position, wanted in enumerate(line.modifiers):
        where = (*path, "modifiers", position)
        modifier = find(entry.modifiers, wanted)
        if modifier is None:
            meant = _suggestion(wanted, entry.modifiers)
            yield FieldError(where, f"{entry.name} does not come with {wanted!r}{meant}")
        elif modifier_key(wanted) in sold_out:
            yield FieldError(where, f"{modifier.name} is sold out")


def _size_errors(
    line: OrderLineRequest,
    entry: MenuItem,
    sold_out: Collection[str],
    path: tuple[str | int, ...],
) -> Iterator[FieldError]:
    size = find(entry.sizes, line.size)
    if size is None:
        meant = _suggestion(line.size, entry.sizes)
        yield FieldError((*path, "size"), f"{entry.name} does not come as {line.size!r}{meant}")
    elif size_key(entry.id, size.id) in sold_out:
        yield FieldError((*path, "size"), f"{entry.name}, {size.name}, is sold out")


def _suggestion(wanted: str, among: Sequence[Choice | MenuItem]) -> str:
    """Name the entry that may be meant; a text longer than any id is compared with none."""
    if len(wanted) > _LONGEST_COMPARED:
        return ""
    known = [entry.id for entry in among]
    close = difflib.get_close_matches(wanted.strip().lower().replace(" ", "-"), known, 1)
    return f"; did you mean {close[0]}?" if close else ""


def _line_item(
    line_id: str, line: OrderLineRequest, entry: MenuItem, tax: TaxRules, serve: Serve | None
) -> LineItem:
    chosen = [find(entry.sizes, line.size), *(find(entry.modifiers, id_) for id_ in line.modifiers)]
    price = sum(choice.price for choice in chosen if choice is not None)
    rate = entry.tax.rate(serve)
    return LineItem(
        id=line_id,
        item=entry.id,
        name=entry.name,
        size=line.size,
        modifiers=tuple(line.modifiers),
        quantity=line.quantity,
        unit_price=price,
        note=line.note,
        tax_rate=rate,
        tax=tax_of(
            price * line.quantity, rate, included=tax.prices_include_tax, rounding=tax.rounding
        ),
    )
