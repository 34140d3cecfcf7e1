"""What orders of an item have of allergens, for the rule of the domain and that of the pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Ids = Sequence[str]


@dataclass(frozen=True)
class AllergenCase:
    """An item with modifiers, of which some are chosen, and what it then has."""

    name: str
    contains: Ids
    traces: Ids = ()
    allergens: Ids = ()
    may_contain: Ids = ()
    modifiers: Mapping[str, Mapping[str, Ids]] = field(default_factory=dict)
    chosen: Ids = ()

    def shown(self) -> dict[str, object]:
        """The item as `GET /menu` has it."""
        nothing: Mapping[str, Ids] = {"allergens": [], "may_contain": [], "replaces": []}
        modifiers = [{"id": key, **nothing, **one} for key, one in self.modifiers.items()]
        own = {"allergens": self.allergens, "may_contain": self.may_contain}
        return {**own, "modifiers": modifiers}


OAT = {"allergens": ["gluten"], "replaces": ["milk"]}
SOY = {"allergens": ["soybeans"], "replaces": ["milk"]}
CREAM = {"allergens": ["milk"]}

ALLERGEN_CASES = (
    AllergenCase("nothing", []),
    AllergenCase("milk as it is", ["milk"], allergens=["milk"], modifiers={"oat": OAT}),
    AllergenCase(
        "oat in place of milk",
        ["gluten"],
        allergens=["milk"],
        modifiers={"oat": OAT},
        chosen=["oat"],
    ),
    AllergenCase(
        "oat and soy, which is odd and is not refused",
        ["soybeans", "gluten"],
        allergens=["milk", "soybeans"],
        modifiers={"oat": OAT, "soy": SOY},
        chosen=["soy", "oat"],
    ),
    AllergenCase(
        "cream on oat milk is of milk",
        ["gluten", "milk"],
        allergens=["milk"],
        modifiers={"oat": OAT, "cream": CREAM},
        chosen=["cream", "oat"],
    ),
    AllergenCase(
        "milk without lactose is milk",
        ["milk"],
        allergens=["milk"],
        modifiers={"free": {"allergens": ["milk"], "replaces": ["milk"]}},
        chosen=["free"],
    ),
    AllergenCase("nothing to replace", ["gluten"], modifiers={"oat": OAT}, chosen=["oat"]),
    AllergenCase(
        "no traces are replaced",
        ["soybeans", "gluten"],
        ["milk", "nuts"],
        allergens=["milk", "soybeans"],
        may_contain=["milk", "nuts"],
        modifiers={"oat": OAT},
        chosen=["oat"],
    ),
    AllergenCase(
        "what is contained is not told as a trace, too",
        ["milk"],
        ["nuts"],
        allergens=["milk"],
        may_contain=["milk", "nuts"],
    ),
    AllergenCase(
        "traces of a modifier",
        ["gluten"],
        ["sesame", "milk"],
        allergens=["milk"],
        may_contain=["sesame"],
        modifiers={"oat": OAT | {"may_contain": ["milk", "sesame"]}},
        chosen=["oat"],
    ),
    AllergenCase(
        "of modifiers that are not chosen, nothing",
        ["milk"],
        allergens=["milk"],
        modifiers={"oat": OAT | {"may_contain": ["nuts"]}},
        chosen=["unknown"],
    ),
)
