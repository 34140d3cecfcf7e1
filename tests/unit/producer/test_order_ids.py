"""Order ids cannot be guessed, and one key always makes the same one."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from producer.orders.order_ids import OrderIds

SHAPE = re.compile(r"[a-z2-7]{26}")
visible = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=16, max_size=255)


@given(key=visible, other=visible)
def test_a_key_makes_one_id_and_another_key_another(key: str, other: str) -> None:
    ids = OrderIds("secret")
    assert SHAPE.fullmatch(ids.of_key(key))
    assert ids.of_key(key) == OrderIds("secret").of_key(key)
    assert (ids.of_key(key) == ids.of_key(other)) == (key == other)


@given(key=visible)
def test_without_the_secret_an_id_cannot_be_guessed(key: str) -> None:
    assert OrderIds("secret").of_key(key) != OrderIds("secreu").of_key(key)


def test_fresh_ids_are_all_different_and_look_like_the_others() -> None:
    ids = OrderIds("secret")
    made = {ids.fresh() for _ in range(1000)}
    assert len(made) == 1000
    assert all(SHAPE.fullmatch(order_id) for order_id in made)
