"""The ring: a reader that resumes gets exactly the events that follow, or learns of a gap."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.stream.ring import Gap, GapError, Ring, StreamPosition

EPOCH = "c0ffee"
ALL = ["all"]
ROOM = 10**9
NUMBERS = st.integers(0, 10**18 - 1)


def ring_of(count: int, size: int = 100, max_weight: int = ROOM, weight: int = 1) -> Ring[int]:
    """A ring that holds its own indexes as events."""
    ring: Ring[int] = Ring(EPOCH, size, max_weight)
    for number in range(1, count + 1):
        ring.append(number, weight, ALL)
    return ring


@given(size=st.integers(1, 30), count=st.integers(0, 100), index=st.integers(0, 120))
def test_resuming_at_any_index_gives_exactly_the_rest_or_a_gap(
    size: int, count: int, index: int
) -> None:
    ring, start = ring_of(count, size), StreamPosition(EPOCH, index)
    if count - size <= index <= count:
        rest = list(range(index + 1, count + 1))
        assert [event for _, event in ring.since(start, ALL)] == rest
    else:
        with pytest.raises(GapError) as error:
            ring.since(start, ALL)
        assert error.value.gap is (Gap.TOO_OLD if index < count else Gap.RESTARTED)


@given(
    size=st.integers(1, 20),
    max_weight=st.integers(0, 60),
    weights=st.lists(st.integers(0, 30), max_size=60),
)
def test_the_ring_never_outgrows_its_bounds_and_keeps_what_fits(
    size: int, max_weight: int, weights: list[int]
) -> None:
    ring: Ring[int] = Ring(EPOCH, size, max_weight)
    for weight in weights:
        ring.append(weight, weight, ALL)
    held = [weight for _, weight in ring.since(ring.beginning, ALL)]
    assert held == weights[len(weights) - len(held) :]
    assert len(held) <= size
    assert sum(held) <= max_weight
    if len(held) < min(size, len(weights)):
        assert sum(weights[len(weights) - len(held) - 1 :]) > max_weight


@given(size=st.integers(1, 30), count=st.integers(0, 100), most=st.integers(0, 60))
def test_recent_gives_as_many_as_are_asked_for_or_all(size: int, count: int, most: int) -> None:
    ring = ring_of(count, size)
    recent = [event for _, event in ring.since(ring.recent(most), ALL)]
    assert recent == list(range(count - min(most, size, count) + 1, count + 1))


def test_each_event_comes_with_its_index() -> None:
    assert list(ring_of(3).since(StreamPosition(EPOCH, 1), ALL)) == [(2, 2), (3, 3)]


def test_a_position_before_a_restart_is_a_gap_even_when_nothing_has_happened_since() -> None:
    ring = ring_of(3)
    before = ring.end
    ring.restart("decaf")
    with pytest.raises(GapError) as error:
        ring.since(before, ALL)
    assert error.value.gap is Gap.RESTARTED


@given(before=st.integers(0, 10), after=st.integers(0, 10))
def test_a_restarted_ring_holds_new_events_only(before: int, after: int) -> None:
    ring = ring_of(before)
    ring.restart("decaf")
    restart = ring.end
    for number in range(after):
        ring.append(number, 1, ALL)
    assert [event for _, event in ring.since(restart, ALL)] == list(range(after))
    assert ring.beginning == restart


@given(epoch=st.integers(0, 2**128 - 1).map("{:x}".format), index=NUMBERS)
def test_a_position_reads_back_as_it_was_written(epoch: str, index: int) -> None:
    position = StreamPosition(epoch, index)
    assert StreamPosition.parse(str(position)) == position


@given(st.one_of(st.text(), st.from_regex(r"[0-9a-f]*-[0-9]*", fullmatch=True)))
def test_text_that_is_no_position_of_a_ring_is_a_gap(text: str) -> None:
    ring = ring_of(3)
    if StreamPosition.parse(text).epoch != EPOCH:
        with pytest.raises(GapError):
            ring.since(StreamPosition.parse(text), ALL)


@pytest.mark.parametrize(
    "text",
    ["", "-", "c0ffee", "c0ffee-", "c0ffee--1", "c0ffee-1 ", "c0ffee-٣", "c0ffee-" + "9" * 19],
)
def test_a_malformed_position_is_a_gap(text: str) -> None:
    with pytest.raises(GapError):
        ring_of(3).since(StreamPosition.parse(text), ALL)


@given(
    events=st.lists(st.sets(st.sampled_from("abcd")), max_size=60),
    wanted=st.sets(st.sampled_from("abcde")),
    size=st.integers(1, 20),
    index=st.integers(0, 60),
)
def test_what_has_none_of_the_keys_is_passed_over_and_what_has_several_comes_once(
    events: list[set[str]], wanted: set[str], size: int, index: int
) -> None:
    ring: Ring[int] = Ring(EPOCH, size, ROOM)
    for number, keys in enumerate(events, 1):
        ring.append(number, 1, keys)
    start = StreamPosition(EPOCH, max(min(index, len(events)), ring.beginning.index))
    expected = [n for n, keys in enumerate(events, 1) if n > start.index and keys & wanted]
    assert [event for _, event in ring.since(start, wanted)] == expected


def test_resuming_costs_what_was_selected_and_not_what_the_ring_holds() -> None:
    ring: Ring[int] = Ring(EPOCH, 10_000, ROOM)
    for number in range(10_000):
        ring.append(number, 1, ["all", f"order {number}"])

    def seconds(key: str) -> float:
        began = time.thread_time()
        for _ in range(5):
            assert list(ring.since(ring.beginning, [key]))
        return time.thread_time() - began

    assert seconds("order 9000") < seconds("all") / 20
