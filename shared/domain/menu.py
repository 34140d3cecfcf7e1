"""The menu: what the shop sells, at which price, and how long it takes to prepare."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from shared.domain.errors import Fault, NotOnTheMenuError
from shared.domain.order import LineItem


@dataclass(frozen=True, slots=True)
class Choice:
    """A size or a modifier; `price` is in minor units (a modifier's is added to the size's)."""

    id: str
    name: str
    price: int


@dataclass(frozen=True, slots=True)
class MenuItem:
    """Something to order; `prep_seconds` is the work for one of it at natural speed."""

    id: str
    name: str
    description: str
    category: str
    prep_seconds: int
    sizes: tuple[Choice, ...]
    modifiers: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Menu:
    """All that the shop sells, priced in one currency (ISO 4217)."""

    currency: str
    items: tuple[MenuItem, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer asks for in one line, before the shop has looked at its menu."""

    item: str
    size: str
    modifiers: tuple[str, ...]
    quantity: int
    note: str | None


@dataclass(frozen=True, slots=True)
class Quote:
    """The line items of an order at the shop's prices, and the work in them."""

    items: tuple[LineItem, ...]
    prep_seconds: int


_Entry = TypeVar("_Entry", Choice, MenuItem)


def find(among: Sequence[_Entry], wanted: str) -> _Entry | None:
    """Find the entry of that id."""
    return next((entry for entry in among if entry.id == wanted), None)


def quote(wishes: Sequence[Wish], menu: Menu, sold_out: Collection[str]) -> Quote:
    """Price an order.

    Raises NotOnTheMenuError with every unknown or sold-out item, size and modifier, each with
    its JSON pointer (RFC 6901) into the order.
    """
    faults: list[Fault] = []
    items: list[LineItem] = []
    prep_seconds = 0
    for index, wish in enumerate(wishes):
        entry = find(menu.items, wish.item)
        if found := list(_faults(wish, entry, sold_out, f"/items/{index}")):
            faults += found
        elif entry is not None:
            items.append(_line_item(str(index + 1), wish, entry))
            prep_seconds += entry.prep_seconds * wish.quantity
    if faults:
        raise NotOnTheMenuError(tuple(faults))
    return Quote(tuple(items), prep_seconds)


def _faults(
    wish: Wish, entry: MenuItem | None, sold_out: Collection[str], pointer: str
) -> Iterator[Fault]:
    if entry is None:
        yield Fault(f"{pointer}/item", f"{wish.item!r} is not on the menu")
        return
    if entry.id in sold_out:
        yield Fault(f"{pointer}/item", f"{entry.name} is sold out")
    if find(entry.sizes, wish.size) is None:
        yield Fault(f"{pointer}/size", f"{entry.name} does not come as {wish.size!r}")
    for position, modifier in enumerate(wish.modifiers):
        if find(entry.modifiers, modifier) is None:
            where = f"{pointer}/modifiers/{position}"
            yield Fault(where, f"{entry.name} does not come with {modifier!r}")


def _line_item(line_id: str, wish: Wish, entry: MenuItem) -> LineItem:
    sizes, modifiers = _prices(entry.sizes), _prices(entry.modifiers)
    return LineItem(
        id=line_id,
        item=entry.id,
        name=entry.name,
        size=wish.size,
        modifiers=wish.modifiers,
        quantity=wish.quantity,
        unit_price=sizes[wish.size] + sum(modifiers[modifier] for modifier in wish.modifiers),
        note=wish.note,
    )


def _prices(choices: Sequence[Choice]) -> Mapping[str, int]:
    return {choice.id: choice.price for choice in choices}
