"""Recovery from a kill is measured by the tickets in hand, not by their orders."""

from __future__ import annotations

import math

from tests.chaos.barista_pool import Kill
from tests.chaos.witness import Deletion, Delivered, Sightings

KILLED = Kill(at=10, message_ids=frozenset({"a", "b"}))


def delivered(message_id: str, at: float) -> Delivered:
    return Delivered("barista-1", message_id, f"order of {message_id}", "{}", at)


def deleted(message_id: str) -> Deletion:
    return Deletion(message_id, f"order of {message_id}", None, announced=True, dead_lettered=False)


def test_the_last_ticket_to_be_delivered_again_counts() -> None:
    seen = Sightings(
        [delivered("a", 9), delivered("a", 12), delivered("b", 14), delivered("a", 16)]
    )
    assert KILLED.recovery_seconds(seen) == 4


def test_a_ticket_whose_deletion_went_through_has_nothing_to_recover() -> None:
    seen = Sightings([delivered("b", 14)], [deleted("a"), deleted("b")])
    assert KILLED.recovery_seconds(seen) == 4


def test_a_ticket_that_is_never_seen_again_is_away_for_ever() -> None:
    seen = Sightings([delivered("a", 12), delivered("another ticket of the same order", 12)])
    assert KILLED.recovery_seconds(seen) == math.inf


def test_who_had_nothing_in_hand_is_missed_by_nobody() -> None:
    assert Kill(at=10, message_ids=frozenset()).recovery_seconds(Sightings()) == 0
