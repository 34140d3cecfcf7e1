"""A cursor holds the position where a page ended, and no other text is accepted as one."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import sortable
from shared.store.contract import InvalidCursorError
from shared.store.cursor import Position, decode, encode

moments = st.datetimes(timezones=st.just(dt.UTC))


@given(moments, st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_cursor_gives_its_position_back(at: dt.datetime, order_id: str) -> None:
    position = Position(sortable(at), order_id)

    assert decode(encode(position)) == position


@given(moments, moments)
def test_texts_sort_as_times_do(first: dt.datetime, second: dt.datetime) -> None:
    assert (sortable(first) < sortable(second)) == (first < second)


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursorError):
        decode(text)
