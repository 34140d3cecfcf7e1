"""Upper bounds for the events that could otherwise repeat for ever."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds of a run; all else happens in every possible order."""

    cashiers: int = 2
    """How many cashiers there are. One that dies starts again, and remembers nothing."""

    asks: int = 2
    """How often the client sends its order, always under one key; it need not wait for answers."""

    baristas: int = 2
    """How many tickets are worked on at once."""

    crashes: int = 0
    """Processes that die. Their open requests are lost, or take effect later."""

    losses: int = 0
    """Answers that are lost: the caller sees an error; the request ends as with a crash."""

    stops: int = 0
    """Baristas that are stopped because their grace is over."""

    repeats: int = 0
    """Deliveries of a ticket that another barista still works on."""

    jumps: int = 0
    """Jumps of every clock past the end of every claim."""

    black_outs: int = 0
    """Deaths of all processes at once, the queue's included."""

    give_ups: int = 0
    """Tickets that SQS dead-letters because they were received too often."""

    redrives: int = 0
    """Times that staff redrive all dead letters."""

    extra_tickets: int = 0
    """Fresh tickets that nobody needed."""

    completes: int = 0
    """Times that staff complete the order, besides when nothing else can happen."""

    releases: int = 0
    """Times that staff put the order back in line."""

    staff_cancels: int = 0
    """Times that staff cancel the order, whoever has it."""

    cancels: int = 0
    """Times that the client tries to cancel its acknowledged order."""

    collects: int = 0
    """Times that staff hand the order over when it is ready."""
