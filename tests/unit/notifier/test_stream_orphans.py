"""Orphans: a live queue is one when its mark stands still for long enough, and not before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from notifier.stream.orphans import PATIENCE, Sighting, look_again, orphans

MARKS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["09:00", "09:01"]))


def seen(looks: Sequence[Mapping[str, str]]) -> dict[str, Sighting]:
    sightings: dict[str, Sighting] = {}
    for marks in looks:
        sightings = look_again(sightings, marks)
    return sightings


def test_a_mark_that_stands_still_makes_an_orphan_once_patience_is_at_its_end() -> None:
    still = {"gone": "09:00"}
    assert orphans(seen([still] * PATIENCE)) == []
    assert orphans(seen([still] * (PATIENCE + 1))) == ["gone"]


def test_a_mark_that_moves_now_and_then_makes_none_whichever_way_its_clock_goes() -> None:
    marks = ["09:00"] * PATIENCE + ["08:00"] * PATIENCE + ["12:00"] * PATIENCE
    assert orphans(seen([{"slow": mark} for mark in marks])) == []


def test_a_queue_that_was_away_begins_anew() -> None:
    still = {"one": "09:00"}
    assert orphans(seen([*[still] * PATIENCE, {}, *[still] * PATIENCE])) == []


@given(st.lists(MARKS, max_size=10))
def test_exactly_those_that_the_last_looks_all_found_unchanged_are_orphans(
    looks: list[dict[str, str]],
) -> None:
    last = looks[-PATIENCE - 1 :]
    unchanged = [
        queue
        for queue in "abc"
        if len(last) == PATIENCE + 1 and len({marks.get(queue) for marks in last}) == 1
        if last[0].get(queue)
    ]
    assert orphans(seen(looks)) == unchanged
