"""Back-off with full jitter."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.consuming.backoff import full_jitter


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_the_pause_lies_between_nothing_and_the_cap(attempt: int, chance: float) -> None:
    assert 0 <= full_jitter(attempt, lambda: chance, base=1, cap=300) <= 300


def test_the_bound_doubles_with_every_attempt_up_to_the_cap() -> None:
    bounds = [full_jitter(attempt, lambda: 1.0, base=1, cap=10) for attempt in range(1, 7)]
    assert bounds == [1, 2, 4, 8, 10, 10]
