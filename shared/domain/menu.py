"""The menu: what the shop sells, at which price, and how long it takes to prepare."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
        try:
            entry, size, modifiers = _look_up(wish, menu, sold_out, f"/items/{index}")
        except NotOnTheMenuError as error:
            faults += error.faults
        else:
            items.append(_line_item(str(index + 1), wish, entry, size, modifiers))
            prep_seconds += entry.prep_seconds * wish.quantity
    if faults:
        raise NotOnTheMenuError(tuple(faults))
    return Quote(tuple(items), prep_seconds)


def _look_up(
    wish: Wish, menu: Menu, sold_out: Collection[str], pointer: str
) -> tuple[MenuItem, Choice, list[Choice]]:
    entry = find(menu.items, wish.item)
    if entry is None:
        raise NotOnTheMenuError((Fault(f"{pointer}/item", f"{wish.item!r} is not on the menu"),))
    if entry.id in sold_out:
        raise NotOnTheMenuError((Fault(f"{pointer}/item", f"{entry.name} is sold out"),))
    size = find(entry.sizes, wish.size)
    modifiers = [find(entry.modifiers, modifier) for modifier in wish.modifiers]
    faults = [
        Fault(f"{pointer}/modifiers/{position}", f"{entry.name} does not come with {wanted!r}")
        for position, (wanted, modifier) in enumerate(zip(wish.modifiers, modifiers, strict=True))
        if modifier is None
    ]
    if size is None:
        faults.insert(0, Fault(f"{pointer}/size", f"{entry.name} does not come as {wish.size!r}"))
    if size is None or faults:
        raise NotOnTheMenuError(tuple(faults))
    return entry, size, [modifier for modifier in modifiers if modifier is not None]


def _line_item(
    line_id: str, wish: Wish, entry: MenuItem, size: Choice, modifiers: Sequence[Choice]
) -> LineItem:
    return LineItem(
        id=line_id,
        item=entry.id,
        name=entry.name,
        size=size.id,
        modifiers=wish.modifiers,
        quantity=wish.quantity,
        unit_price=size.price + sum(modifier.price for modifier in modifiers),
        note=wish.note,
    )
