"""What an item contains follows what is chosen, and errs on the side that harms nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.allergens import Contents, contents
from shared.domain.menu import Allergen, Choice, MenuItem, Modifier
from tests.support.allergen_cases import ALLERGEN_CASES, AllergenCase, Ids

SOME = st.lists(st.sampled_from(Allergen), unique=True)


def allergens(ids: Ids) -> tuple[Allergen, ...]:
    return tuple(Allergen(each) for each in ids)


def item(case: AllergenCase) -> MenuItem:
    return MenuItem(
        id="item",
        name="Item",
        description="",
        category="some",
        prep_seconds=1,
        sizes=(Choice("one", "One", 1),),
        modifiers=tuple(
            Modifier(key, key, 0, **{name: allergens(ids) for name, ids in one.items()})  # type: ignore[arg-type]
            for key, one in case.modifiers.items()
        ),
        allergens=allergens(case.allergens),
        may_contain=allergens(case.may_contain),
    )


@pytest.mark.parametrize("case", ALLERGEN_CASES, ids=lambda case: case.name)
def test_the_allergens_of_what_is_chosen(case: AllergenCase) -> None:
    found = contents(item(case), case.chosen)
    assert found == Contents(allergens(case.contains), allergens(case.traces))


@given(own=SOME, traces=SOME, added=SOME, more=SOME, replaced=SOME)
def test_only_what_a_modifier_replaces_is_gone_and_nothing_is_told_twice(
    own: list[Allergen],
    traces: list[Allergen],
    added: list[Allergen],
    more: list[Allergen],
    replaced: list[Allergen],
) -> None:
    modifier = {"allergens": added, "may_contain": more, "replaces": replaced}
    case = AllergenCase(
        "any", [], allergens=own, may_contain=traces, modifiers={"one": modifier}, chosen=["one"]
    )
    found = contents(item(case), case.chosen)
    told = [*found.contains, *found.may_contain]
    assert len(told) == len({*told})
    assert {*own, *traces, *added, *more} - {*told} <= {*replaced} - {*added, *traces, *more}
    assert {*added} <= {*found.contains}
