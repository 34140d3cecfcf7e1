"""What a dead letter means for its order. Pure decisions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pydantic import ValidationError

from shared.aws.dead_letters import DeadLetter
from shared.domain.order import Order, OrderState, history
from shared.messages.ticket import Ticket


def ticket_in(letter: DeadLetter) -> Ticket | None:
    """Read a dead letter's ticket; none when its body is no ticket."""
    try:
        return Ticket.model_validate_json(letter.body)
    except ValidationError:
        return None


def reason_of(letter: DeadLetter) -> str:
    """Say why a dead letter was given up on, by a barista or by SQS itself."""
    if letter.reason is not None:
        return letter.reason
    if ticket_in(letter) is None:
        return "not a ticket"
    return f"received {letter.attempts} times, and never finished"


def must_fail(order: Order, letter: DeadLetter, now: dt.datetime) -> bool:
    """Return whether the order still depends on the ticket of this dead letter.

    It does not if it is past `preparing`, if its claim holds or came by another ticket, or if it
    was placed again after this ticket was queued.
    """
    if order.state is OrderState.PREPARING and order.claim is not None:
        return order.claim.ticket == letter.id and order.claim.until <= now
    ticket = ticket_in(letter)
    is_newest = ticket is not None and ticket.version > _failed_as(order)
    return order.state is OrderState.PLACED and is_newest


def unannounced_changes(order: Order, ticket: Ticket) -> Sequence[Order]:
    """List the changes of an order that may be unannounced, since its ticket is a dead letter.

    A ticket stays on its queue until its barista has announced every change since the ticket was
    queued; a dead one does not. Whoever failed the order meanwhile has announced them.
    """
    changes = history(order, ticket.version)
    return [] if any(change.state is OrderState.FAILED for change in changes) else changes


def refusal(order: Order, now: dt.datetime) -> str | None:
    """Say why an order needs no ticket any more; none when it needs one."""
    if order.state in {OrderState.FAILED, OrderState.PLACED}:
        return None
    if order.state is OrderState.PREPARING and (order.claim is None or order.claim.until <= now):
        return None
    return f"the order is {order.state}"


def _failed_as(order: Order) -> int:
    """Return the version at which the order failed last; 0 when it never did."""
    versions = enumerate(order.timeline, start=1)
    failed = (version for version, entry in versions if entry.state is OrderState.FAILED)
    return max(failed, default=0)
