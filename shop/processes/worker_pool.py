"""The worker processes of one kind on one machine, and how many there are."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from types import MappingProxyType

import structlog

from shop.processes.child import Child
from shop.processes.supervisor import Supervisor

log = structlog.stdlib.get_logger(__name__)

_NOTHING: Mapping[str, int] = MappingProxyType({})


class WorkerPool:
    """Worker processes of a `kind`, numbered from 1; `new_worker` makes the child of a number.

    `heartbeat_name` turns a child's name into the worker's name in the heartbeats.
    """

    def __init__(
        self,
        kind: str,
        supervisor: Supervisor,
        new_worker: Callable[[int], Child],
        heartbeat_name: Callable[[str], str] = str,
    ) -> None:
        self._kind = kind
        self._supervisor = supervisor
        self._new_worker = new_worker
        self._heartbeat_name = heartbeat_name
        self._working: dict[int, Child] = {}
        self._draining: dict[int, Child] = {}

    @property
    def count(self) -> int:
        """How many workers there should be, without those that are draining."""
        return len(self._working)

    @property
    def alive(self) -> int:
        """How many of them run, without those that have died and are not restarted yet."""
        return sum(not child.is_down for child in self._working.values())

    @property
    def draining(self) -> int:
        """How many are finishing their last work."""
        self._forget_stopped()
        return len(self._draining)

    def scale_to(self, count: int, in_hand: Mapping[str, int] = _NOTHING) -> None:
        """Resize to `count`; a worker that leaves finishes its work first.

        `in_hand` is how many orders each worker is preparing, by its name in the heartbeats. The
        worker with the fewest leaves first, of several the newest; one without a heartbeat has 0.
        """
        if count != self.count:
            log.info("workers.scaled", kind=self._kind, before=self.count, after=count)
        self._forget_stopped()
        while self.count < count:
            number = next(n for n in itertools.count(1) if n not in self._working | self._draining)
            self._working[number] = self._new_worker(number)
            self._supervisor.keep(self._working[number])
        while self.count > count:
            number = self._next_to_leave(in_hand)
            self._draining[number] = self._working.pop(number)
            self._draining[number].drain()

    def all(self) -> list[Child]:
        """Return all workers, those that are draining included."""
        self._forget_stopped()
        return [*self._working.values(), *self._draining.values()]

    def _next_to_leave(self, in_hand: Mapping[str, int]) -> int:
        def orders_in_hand(number: int) -> int:
            return in_hand.get(self._heartbeat_name(self._working[number].name), 0)

        return min(reversed(self._working), key=orders_in_hand)

    def _forget_stopped(self) -> None:
        self._draining = {n: child for n, child in self._draining.items() if not child.is_stopped}
