"""The allergens of an item as it is ordered. `allergens.js` of the pages has the same rule."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from shared.domain.menu import Allergen, MenuItem


@dataclass(frozen=True, slots=True)
class Contents:
    """What an item contains, and what else it may contain in traces."""

    contains: tuple[Allergen, ...]
    may_contain: tuple[Allergen, ...]


def contents(item: MenuItem, modifiers: Collection[str]) -> Contents:
    """Give the allergens of an item with modifiers, by id.

    What a modifier replaces is of the item alone: cream that is chosen with oat milk is still of
    milk. Traces are replaced by nothing.
    """
    chosen = [modifier for modifier in item.modifiers if modifier.id in modifiers]
    replaced = {allergen for modifier in chosen for allergen in modifier.replaces}
    own = [allergen for allergen in item.allergens if allergen not in replaced]
    added = [allergen for modifier in chosen for allergen in modifier.allergens]
    contains = tuple(dict.fromkeys([*own, *added]))
    traces = [*item.may_contain, *(each for one in chosen for each in one.may_contain)]
    rest = [allergen for allergen in dict.fromkeys(traces) if allergen not in contains]
    return Contents(contains, tuple(rest))
