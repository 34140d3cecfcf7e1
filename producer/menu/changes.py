"""What differs between two versions of the menu, in a line for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from producer.menu.document import ItemDocument, MenuDocument, ModifierDocument
from shared.domain.money import display

_LONGEST_LINE = 300


def changes(before: MenuDocument | None, after: MenuDocument) -> list[str]:
    """List what was changed, each as in `latte/large 4.50 USD → 4.70 USD`; of all, if new."""
    if before is None:
        return [f"{len(after.items)} item(s), {len(after.modifiers)} modifier(s)"]
    return [*_changes(before, after)] or ["the order of entries changed"]


def in_a_line(changed: list[str]) -> str:
    """Join changes to a line of 300 characters at most; the rest is counted."""
    for shown in range(len(changed), 0, -1):
        left = len(changed) - shown
        line = "; ".join(changed[:shown]) + (f"; and {left} more" if left else "")
        if len(line) <= _LONGEST_LINE:
            return line
    return f"{len(changed)} change(s)"


def _changes(before: MenuDocument, after: MenuDocument) -> Iterator[str]:
    for name in ("currency", "tax"):
        if getattr(before, name) != getattr(after, name):
            yield f"{name} changed"
    if before.sizes != after.sizes:
        yield "names of sizes changed"
    yield from _come_and_gone(before.items, after.items, "")
    for item_id, item in after.items.items():
        if item_id in before.items:
            yield from _item_changes(item_id, before.items[item_id], item, after.currency)
    yield from _modifier_changes(before.modifiers, after.modifiers, after.currency)
    stayed = [item_id for item_id in before.items if item_id in after.items]
    if stayed != [item_id for item_id in after.items if item_id in before.items]:
        yield "order of items changed"


def _item_changes(
    item_id: str, before: ItemDocument, after: ItemDocument, currency: str
) -> Iterator[str]:
    yield from _come_and_gone(before.sizes, after.sizes, f"{item_id}/")
    for size, price in after.sizes.items():
        if size in before.sizes and before.sizes[size] != price:
            yield f"{item_id}/{size} {_prices(before.sizes[size], price, currency)}"
    if other := _other_fields(before, after, "sizes"):
        yield f"{item_id}: {other} changed"


def _modifier_changes(
    before: Mapping[str, ModifierDocument], after: Mapping[str, ModifierDocument], currency: str
) -> Iterator[str]:
    yield from _come_and_gone(before, after, "+")
    for modifier_id, modifier in after.items():
        if (old := before.get(modifier_id)) and old != modifier:
            if old.price != modifier.price:
                yield f"+{modifier_id} {_prices(old.price, modifier.price, currency)}"
            if other := _other_fields(old, modifier, "price"):
                yield f"+{modifier_id}: {other} changed"


def _come_and_gone(
    before: Mapping[str, object], after: Mapping[str, object], prefix: str
) -> Iterator[str]:
    yield from (f"{prefix}{each} is new" for each in after if each not in before)
    yield from (f"{prefix}{each} is gone" for each in before if each not in after)


def _prices(before: int, after: int, currency: str) -> str:
    return f"{display(before, currency)} → {display(after, currency)}"


def _other_fields(before: BaseModel, after: BaseModel, apart_from: str) -> str:
    old, new = dict(before), dict(after)
    return ", ".join(name for name in new if name != apart_from and old[name] != new[name])
