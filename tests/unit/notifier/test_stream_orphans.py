"""Orphans: a live queue is one once its heartbeat has not changed for long enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from notifier.stream.reaper import ORPHAN_AFTER, Sighting, count_unchanged, orphans

HEARTBEATS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["09:00", "09:01"]))


def seen(scans: Sequence[Mapping[str, str]]) -> dict[str, Sighting]:
    sightings: dict[str, Sighting] = {}
    for heartbeats in scans:
        sightings = count_unchanged(sightings, heartbeats)
    return sightings


def test_a_heartbeat_that_never_changes_makes_an_orphan_after_enough_scans() -> None:
    still = {"gone": "09:00"}
    assert orphans(seen([still] * ORPHAN_AFTER)) == []
    assert orphans(seen([still] * (ORPHAN_AFTER + 1))) == ["gone"]


def test_a_heartbeat_that_changes_now_and_then_makes_none_whichever_way_its_clock_goes() -> None:
    heartbeats = ["09:00"] * ORPHAN_AFTER + ["08:00"] * ORPHAN_AFTER + ["12:00"] * ORPHAN_AFTER
    assert orphans(seen([{"slow": heartbeat} for heartbeat in heartbeats])) == []


def test_a_queue_that_was_gone_for_one_scan_is_counted_anew() -> None:
    still = {"one": "09:00"}
    assert orphans(seen([*[still] * ORPHAN_AFTER, {}, *[still] * ORPHAN_AFTER])) == []


@given(st.lists(HEARTBEATS, max_size=10))
def test_exactly_the_queues_that_the_last_scans_all_found_unchanged_are_orphans(
    scans: list[dict[str, str]],
) -> None:
    last = scans[-ORPHAN_AFTER - 1 :]
    unchanged = [
        queue
        for queue in "abc"
        if len(last) == ORPHAN_AFTER + 1
        and len({heartbeats.get(queue) for heartbeats in last}) == 1
        if last[0].get(queue)
    ]
    assert orphans(seen(scans)) == unchanged
