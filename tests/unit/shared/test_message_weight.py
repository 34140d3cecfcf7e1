"""The size of a message, which bounds batches."""

from __future__ import annotations

from shared.aws.outgoing import OutgoingMessage


def test_a_body_counts_in_bytes() -> None:
    assert OutgoingMessage("café", {}).size == 5


def test_an_attribute_counts_the_bytes_of_its_name_its_type_and_its_value() -> None:
    message = OutgoingMessage("", {"prénom": "Zoë"})
    assert message.size == len("prénom".encode()) + len("String") + 4
