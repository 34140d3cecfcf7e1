"""Text from outside is shown so that nothing in it is obeyed, and nothing stays unseen."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.visible_text import visible, visible_json
from shop.client.event_summary import summary
from tests.support.hostile_shop import OBEYED

_OBEYED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = {"\u200c", "\u200d"}

_SEEN = {
    *map(chr, (*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD)),
    *map(chr, (*range(0x13430, 0x13440), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B))),
}
"""Format characters (Cf) of scripts in which they are seen: the Arabic end of verse, for one."""

everything = st.text(st.characters(codec=None, exclude_categories=()))


@given(everything)
def test_no_control_or_invisible_character_is_left(text: str) -> None:
    left = {character for character in visible(text) if unicodedata.category(character) in _OBEYED}
    assert left <= _JOINERS | _SEEN


@given(everything)
def test_json_that_was_made_visible_means_the_same(text: str) -> None:
    written = visible_json(json.dumps({"a": text}, ensure_ascii=False))
    assert json.loads(written) == {"a": text}
    assert visible(written) == written


@pytest.mark.parametrize(
    "text",
    [
        "Åsa",
        "李小龍",
        "أحمد",
        "\u0645\u06cc\u200c\u062e",
        "👩\u200d🚀 ☕ ❤\ufe0f\u200d🔥",
        "Zoe\u0308",
        "a\u3000b",
    ],
)
def test_names_as_people_write_them_are_left_alone(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize("text", ["ad\u200dmin", "\u200d", "x\u200c漢", "漢\u200d\u200d漢"])
def test_a_joiner_that_joins_nothing_is_shown(text: str) -> None:
    assert "\\u200" in visible(text)


def test_an_event_is_summarized_in_one_safe_line() -> None:
    for text in (json.dumps({"a": OBEYED}), f"no event {OBEYED}\n"):
        line = summary(text)
        assert {c for c in line if unicodedata.category(c) in _OBEYED} == set()
