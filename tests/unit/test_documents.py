"""What the documents say of the code is so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import pytest

from notifier.settings import NotifierSettings
from producer.settings import CashierSettings
from shared.domain import order, subscription
from shop.settings import ShopSettings
from worker.settings import WorkerSettings

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("place", "transitions"), [(1, order.TRANSITIONS), (2, subscription.TRANSITIONS)]
)
def test_the_diagrams_show_the_transitions_that_there_are(
    place: int, transitions: Mapping[StrEnum, frozenset[StrEnum]]
) -> None:
    diagram = (ROOT / "docs/architecture.md").read_text().split("```mermaid")[place]
    drawn = set(re.findall(r"^ +(\w+) --> (\w+)", diagram.split("```")[0], re.MULTILINE))
    assert drawn == {(state.value, to.value) for state, tos in transitions.items() for to in tos}


def test_every_setting_that_the_readme_names_is_one() -> None:
    named = set(re.findall(r"`(COFFEE_\w+)`", (ROOT / "README.md").read_text()))
    kinds = (CashierSettings, NotifierSettings, WorkerSettings, ShopSettings)
    settings = {f"COFFEE_{field.upper()}" for kind in kinds for field in kind.model_fields}
    assert named - settings == set()
