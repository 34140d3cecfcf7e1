"""When a barista puts a fresh ticket in the place of a good one that was received too often.

SQS counts receives, and dead-letters the ticket at the sixth, whatever it was received for. An
order that people prepare may outlive many workers, so its ticket is received by many. Pure.
"""

from __future__ import annotations

from shared.consuming.message import Message
from shared.messages.ticket import Ticket

WORN_AFTER = 3
"""Receives: the swap itself has two more before SQS gives up on the ticket."""

MOST_SWAPS = 50
"""A ticket that ends its worker each time is a dead letter after 155 receives, not never."""


def is_worn(message: Message) -> bool:
    """Return whether a ticket was received so often that SQS may soon dead-letter it."""
    return message.receive_count >= WORN_AFTER


def swap_for(ticket: Ticket, message: Message) -> Ticket | None:
    """Make the ticket to queue in the place of a worn one; None when it is to be kept."""
    if is_worn(message) and ticket.swaps < MOST_SWAPS:
        return ticket.model_copy(update={"swaps": ticket.swaps + 1})
    return None
