"""The baristas of one machine, and how many of them there are."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import structlog

from shop.child import Child
from shop.supervisor import Supervisor

log = structlog.stdlib.get_logger(__name__)


class Baristas:
    """Barista processes, numbered from 1; `hire` makes the child that has a number."""

    def __init__(self, supervisor: Supervisor, hire: Callable[[int], Child]) -> None:
        self._supervisor = supervisor
        self._hire = hire
        self._working: dict[int, Child] = {}
        self._leaving: dict[int, Child] = {}

    @property
    def count(self) -> int:
        """How many there are, without those that are finishing their last order."""
        return len(self._working)

    def scale_to(self, count: int) -> None:
        """Have `count` baristas; the newest leave first, each after the orders it has begun."""
        if count != self.count:
            log.info("baristas.scaled", before=self.count, after=count)
        self._forget_the_gone()
        while self.count < count:
            number = next(n for n in itertools.count(1) if n not in self._working | self._leaving)
            self._working[number] = self._hire(number)
            self._supervisor.keep(self._working[number])
        while self.count > count:
            number, child = self._working.popitem()
            self._leaving[number] = child
            self._supervisor.dismiss(child)

    def all(self) -> list[Child]:
        """Everybody who is here, those on their way out included."""
        self._forget_the_gone()
        return [*self._working.values(), *self._leaving.values()]

    def _forget_the_gone(self) -> None:
        self._leaving = {n: child for n, child in self._leaving.items() if not child.at_rest}
