"""Each fence and each order of steps is needed: without it, the explorer finds a violation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from producer.reconciling import failures
from tests.model import careless
from tests.model.bounds import Bounds
from tests.model.explorer import explore, without_logs
from tests.model.invariants import InvariantBrokenError
from tests.model.staff import ORDER_ID, Staff
from worker import barista


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with without_logs():
        yield


def way_to_break(invariant: str, staff: Staff, bounds: Bounds) -> str:
    """Explore until that invariant is broken; return how, and by which steps."""
    with pytest.raises(InvariantBrokenError) as broken:
        explore(staff, bounds, only=invariant)
    return str(broken.value)


def test_without_the_claim_condition_two_baristas_hold_one_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(barista, "claim", careless.claim_regardless)
    way = way_to_break("I8", Staff(record=careless.UnfencedClaims), Bounds(asks=1, repeats=1))
    assert way.splitlines() == [
        "I8: two hold one attempt",
        "  cashier 1 is asked",
        "  cashier 1: store.place",
        f"  cashier 1: announce {ORDER_ID}:1",
        "  cashier 1: queue.send",
        "  ticket 1 is delivered",
        "  ticket 1 is delivered again",
        "  barista 1: store.replace",
        "  barista 2: store.replace",
    ]


def test_without_the_claim_condition_a_second_ticket_puts_an_order_back_into_preparation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(barista, "claim", careless.claim_regardless)
    way = way_to_break("I4", Staff(record=careless.UnfencedClaims), Bounds(asks=2))
    assert "no such transition" in way


def test_without_the_completion_condition_a_zombie_completes_an_order() -> None:
    way = way_to_break("I8", Staff(record=careless.UnfencedCompletions), Bounds(asks=1, repeats=1))
    assert "a zombie's write was taken" in way


def test_if_a_ticket_is_deleted_before_the_announcement_it_may_never_be_announced() -> None:
    way = way_to_break("I7", careless.AnnouncesAfterDeleting(), Bounds(asks=1))
    assert f"not announced: ['{ORDER_ID}:3']" in way


def test_if_a_ticket_is_queued_before_the_order_is_stored_an_acknowledged_order_is_lost() -> None:
    way = way_to_break("I1", Staff(cashier=careless.QueuesBeforeStoring), Bounds(asks=1))
    assert "queue.dead_letter" in way


def test_if_a_ticket_is_queued_before_the_announcement_the_order_may_never_be_announced() -> None:
    way = way_to_break("I7", Staff(dispatcher=careless.QueuesBeforeAnnouncing), Bounds(asks=1))
    assert f"not announced: ['{ORDER_ID}:1']" in way


def test_without_the_conditional_create_one_key_makes_two_orders() -> None:
    way = way_to_break("I3", Staff(record=careless.UnconditionalPlaces), Bounds(asks=2))
    assert "one key, two orders" in way


def test_if_a_fenced_barista_calls_it_done_a_ticket_is_gone_before_its_effect() -> None:
    way = way_to_break("I7", Staff(barista=careless.DoneWhenFenced), Bounds(asks=1, repeats=1))
    assert "before its effect is durable" in way


def test_if_an_order_is_redriven_before_it_failed_the_reconciler_fails_it_for_good() -> None:
    way = way_to_break(
        "I1",
        Staff(redriver=careless.RedrivesWithoutFailing),
        Bounds(cashiers=1, asks=1, baristas=1, give_ups=1, redrives=1),
    )
    assert "an order has failed, and nobody can redrive it" in way


def test_if_a_dead_letter_is_deleted_before_its_order_is_placed_anew_nobody_can_redrive_it() -> (
    None
):
    way = way_to_break(
        "I1",
        Staff(redriver=careless.DeletesBeforeQueuing),
        Bounds(cashiers=1, asks=1, baristas=1, give_ups=1, redrives=1),
    )
    assert "letters.delete" in way


def test_if_no_one_announces_for_a_barista_whose_ticket_is_dead_changes_are_never_announced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(failures, "unannounced_changes", careless.nothing)
    bounds = Bounds(cashiers=1, asks=1, baristas=1, give_ups=1, crashes=1)
    assert "not announced:" in way_to_break("I5", Staff(), bounds)


def test_if_only_the_last_change_is_announced_again_the_one_before_may_never_be_announced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(barista, "history", careless.only_the_last)
    way = way_to_break("I7", Staff(), Bounds(asks=1, crashes=1, collects=1))
    assert f"'{ORDER_ID}:3']" in way
