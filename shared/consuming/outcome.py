"""The outcome of a handler, as data: one of three."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Done:
    """The work is durable: delete the message."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now: make the message visible again after `after` seconds (0 is at once)."""

    after: float
    reason: str


@dataclass(frozen=True, slots=True)
class Reject:
    """Never: move the message to the dead-letter queue, with the reason beside it."""

    reason: str


Outcome = Done | Retry | Reject
