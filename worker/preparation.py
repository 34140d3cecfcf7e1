"""How an order in hand is prepared: the step between its claim and its completion."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from shared.consuming.backoff import full_jitter
from shared.domain.order import Order
from shared.runtime.retry import retry_until_available
from shared.tracing.process import spanned
from worker.claims import Claims

Wait = Callable[[float], Awaitable[None]]
"""Waits so many seconds: `asyncio.sleep`, except in tests."""


_LONGEST_PAUSE = 5


def retry_pause(attempt: int) -> float:
    """Choose how many seconds to wait before a step is tried again."""
    return full_jitter(attempt, random.random, cap=_LONGEST_PAUSE)


def moved_by_staff(order: Order, claimed: Order) -> bool:
    """Return whether staff have moved an order on, of which a barista knows its own claim.

    Whatever somebody else has done to it, another barista or a reconciler, is no business of this
    attempt: its ticket comes back.
    """
    moved = order.version > claimed.version and order.attempt == claimed.attempt
    return moved and order.timeline[claimed.version].by is not None


class LetGoError(Exception):
    """The worker stops before the order is ready, and gives its ticket back."""

    def __init__(self, order: Order) -> None:
        super().__init__("the worker stops")
        self.order = order


class MovedOnError(Exception):
    """The order is not as it was read, before it was claimed: it is to be read again."""


class Preparation(Protocol):
    """Prepares the orders of one worker."""

    @property
    def lasts_long(self) -> bool:
        """Whether it may outlive any worker, so that a good ticket is received very often."""

    @property
    def waiting_since(self) -> dt.datetime | None:
        """Since when the order that waits for its turn the longest has been placed."""

    def turn(self, order: Order) -> AbstractAsyncContextManager[None]:
        """Wait until the order may be claimed; it keeps its place during the block.

        Raises MovedOnError when it is not to be made any more, and LetGoError after `let_go`.
        """

    async def prepare(self, order: Order) -> Order:
        """Return the order when its preparation is over, with its claim kept up until then.

        It is `preparing`, and to be completed, unless somebody else has moved it meanwhile.
        Raises OrderChangedError if another attempt has it, and LetGoError after `let_go`.
        """

    def let_go(self) -> None:
        """End all preparations that cannot be finished soon: the worker stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedPreparation:
    """Takes the time that the menu says, divided by `brew_speed`; 0 leaves it out.

    `held` is entered with the seconds that an order takes, for as long as it does.
    """

    claims: Claims
    wait: Wait
    brew_speed: float
    held: Callable[[float], AbstractContextManager[object]] = contextlib.nullcontext
    lasts_long: bool = False
    waiting_since: dt.datetime | None = None

    def turn(self, _: Order) -> AbstractAsyncContextManager[None]:
        """Begin at once: the worker receives no more than it can prepare."""
        return contextlib.nullcontext()

    @spanned("prepare")
    async def prepare(self, order: Order) -> Order:
        """Wait, and renew the claim as often as is due."""
        remaining = order.prep_seconds / self.brew_speed if self.brew_speed else 0
        with self.held(remaining):
            while remaining > self.claims.renew_after:
                await self.wait(self.claims.renew_after)
                remaining -= self.claims.renew_after
                order = await self._renew(order)
            if remaining:
                await self.wait(remaining)
        return order

    def let_go(self) -> None:
        """Do nothing: the engine gives preparations their grace period."""

    async def _renew(self, order: Order) -> Order:
        return await retry_until_available(
            lambda _: self.claims.renew(order),
            "order.step_retried",
            pause=retry_pause,
            wait=self.wait,
        )
