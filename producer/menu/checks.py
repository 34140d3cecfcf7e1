"""What is wrong with a menu across its fields, beyond what the schema of each says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from producer.menu.document import ItemDocument, MenuDocument, ModifierDocument, TaxClassDocument

LARGEST_DOCUMENT = 320 * 1024
"""Bytes of its JSON. A DynamoDB item has 400 KB at most."""

Where = tuple[str | int, ...]
"""A path into the document: names and positions from the top."""

Fault = tuple[Where, str]
"""Where something is wrong, and what."""


def faults(document: MenuDocument) -> Sequence[Fault]:
    """List what is wrong, each with its path."""
    found = [fault for each in document.items for fault in _item_faults(document, each)]
    for modifier_id, modifier in document.modifiers.items():
        where = ("modifiers", modifier_id)
        found += _repeated(modifier.allergens, (*where, "allergens"))
        found += _repeated(modifier.may_contain, (*where, "may_contain"))
        found += _repeated(modifier.replaces, (*where, "replaces"))
    if not found and len(document.json_text().encode()) > LARGEST_DOCUMENT:
        found.append(((), f"the menu is larger than {LARGEST_DOCUMENT:,} bytes as JSON"))
    return found


def _item_faults(document: MenuDocument, item_id: str) -> Iterator[Fault]:
    item, where = document.items[item_id], ("items", item_id)
    yield from _undefined(item, where, document.sizes, document.modifiers)
    yield from _tax_faults(item, where, {} if document.tax is None else document.tax.classes)
    yield from _repeated(item.modifiers, (*where, "modifiers"))
    yield from _repeated(item.allergens, (*where, "allergens"))
    yield from _repeated(item.may_contain, (*where, "may_contain"))


def _undefined(
    item: ItemDocument,
    where: Where,
    sizes: Mapping[str, str],
    modifiers: Mapping[str, ModifierDocument],
) -> Iterator[Fault]:
    for size in item.sizes:
        if size not in sizes:
            yield (*where, "sizes", size), "no such size is defined under sizes"
    for position, modifier in enumerate(item.modifiers):
        if modifier not in modifiers:
            what = f"no modifier {modifier!r} is defined under modifiers"
            yield (*where, "modifiers", position), what


def _tax_faults(
    item: ItemDocument, where: Where, classes: Mapping[str, TaxClassDocument]
) -> Iterator[Fault]:
    if item.tax is None and classes:
        yield (*where, "tax"), "This is missing: the menu has tax classes, and an item is of one"
    if item.tax is not None and item.tax not in classes:
        yield (*where, "tax"), f"no class {item.tax!r} is defined under tax.classes"


def _repeated(values: Sequence[str], where: Where) -> Iterator[Fault]:
    for position, value in enumerate(values):
        if value in values[:position]:
            yield (*where, position), f"{str(value)!r} is there twice"
