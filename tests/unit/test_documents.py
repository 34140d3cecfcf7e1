"""What the documents say of the code is so."""

from __future__ import annotations

import re
from pathlib import Path

from notifier.settings import NotifierSettings
from producer.settings import CashierSettings
from shared.domain.order import TRANSITIONS
from shop.settings import ShopSettings
from worker.settings import WorkerSettings

ROOT = Path(__file__).parents[2]


def test_the_diagram_shows_the_transitions_that_there_are() -> None:
    diagram = (ROOT / "docs/architecture.md").read_text().split("```mermaid")[1].split("```")[0]
    drawn = set(re.findall(r"^ +(\w+) --> (\w+)", diagram, re.MULTILINE))
    assert drawn == {(state.value, to.value) for state, tos in TRANSITIONS.items() for to in tos}


def test_every_setting_that_the_readme_names_is_one() -> None:
    named = set(re.findall(r"`(COFFEE_\w+)`", (ROOT / "README.md").read_text()))
    kinds = (CashierSettings, NotifierSettings, WorkerSettings, ShopSettings)
    settings = {f"COFFEE_{field.upper()}" for kind in kinds for field in kind.model_fields}
    assert named - settings == set()
