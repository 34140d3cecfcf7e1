"""What a message weighs, which bounds batches."""

from __future__ import annotations

from shared.aws.message_attributes import weight


def test_a_body_weighs_its_bytes() -> None:
    assert weight("café", {}) == 5


def test_an_attribute_weighs_the_bytes_of_its_name_its_type_and_its_value() -> None:
    assert weight("", {"prénom": "Zoë"}) == len("prénom".encode()) + len("String") + 4
