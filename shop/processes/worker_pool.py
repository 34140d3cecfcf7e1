"""The baristas of one machine, and how many of them there are."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from types import MappingProxyType

import structlog

from shop.processes.child import Child
from shop.processes.supervisor import Supervisor

log = structlog.stdlib.get_logger(__name__)

_NOTHING: Mapping[str, int] = MappingProxyType({})


class Baristas:
    """Barista processes, numbered from 1; `hire` makes the child that has a number.

    `on_roster` says what the barista of a child's name is called on the shop's roster.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        hire: Callable[[int], Child],
        on_roster: Callable[[str], str] = str,
    ) -> None:
        self._supervisor = supervisor
        self._hire = hire
        self._on_roster = on_roster
        self._working: dict[int, Child] = {}
        self._leaving: dict[int, Child] = {}

    @property
    def count(self) -> int:
        """How many there should be, without those that are finishing their last orders."""
        return len(self._working)

    @property
    def at_work(self) -> int:
        """How many of them there are, without those that have died and are not back yet."""
        return sum(not child.missing for child in self._working.values())

    @property
    def leaving(self) -> int:
        """How many are finishing their last orders."""
        self._forget_the_gone()
        return len(self._leaving)

    def scale_to(self, count: int, in_hand: Mapping[str, int] = _NOTHING) -> None:
        """Have `count` baristas; each leaves after the orders it has begun.

        `in_hand` is how many orders those on the roster are at work on. Whoever has the fewest
        leaves first, and of several the newest; one that is not on it has none.
        """
        if count != self.count:
            log.info("baristas.scaled", before=self.count, after=count)
        self._forget_the_gone()
        while self.count < count:
            number = next(n for n in itertools.count(1) if n not in self._working | self._leaving)
            self._working[number] = self._hire(number)
            self._supervisor.keep(self._working[number])
        while self.count > count:
            number = self._next_to_leave(in_hand)
            self._leaving[number] = self._working.pop(number)
            self._leaving[number].leave()

    def all(self) -> list[Child]:
        """Everybody who is here, those on their way out included."""
        self._forget_the_gone()
        return [*self._working.values(), *self._leaving.values()]

    def _next_to_leave(self, in_hand: Mapping[str, int]) -> int:
        def orders_in_hand(number: int) -> int:
            return in_hand.get(self._on_roster(self._working[number].name), 0)

        return min(reversed(self._working), key=orders_in_hand)

    def _forget_the_gone(self) -> None:
        self._leaving = {n: child for n, child in self._leaving.items() if not child.at_rest}
