"""Takes every step in every order: each path from its start, as a program cannot be rewound."""

from __future__ import annotations

import contextlib
import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import structlog

from tests.model.bounds import Bounds
from tests.model.invariants import InvariantBrokenError
from tests.model.shop import Shop
from tests.model.staff import Staff
from tests.model.stepped_loop import SteppedLoop, running
from tests.model.steps import next_steps, step_of_name

Path = tuple[str, ...]
"""The names of the steps that were taken, one after the other."""

_LONGEST = 500


@dataclass(slots=True)
class Explored:
    """The moments seen, those at rest, and the predecessors of each."""

    moments: set[int] = field(default_factory=set)
    rests: set[int] = field(default_factory=set)
    before: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    to_try: list[tuple[int, Path]] = field(default_factory=lambda: [(0, ())])
    runs: int = 0

    def __str__(self) -> str:
        return f"{len(self.moments)} moments, {len(self.rests)} at rest, by {self.runs} runs"

    @property
    def without_end(self) -> set[int]:
        """The moments from which no path leads to rest."""
        ends, left = set(self.rests), list(self.rests)
        while left:
            for earlier in self.before[left.pop()]:
                if earlier not in ends:
                    ends.add(earlier)
                    left.append(earlier)
        return self.moments - ends


class Walk:
    """A shop, and the path of steps taken."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.path: Path = ()

    def step(self, name: str) -> None:
        """Take the step of that name; raises InvariantBrokenError with the path."""
        step = step_of_name(self.shop, name)
        assert step is not None, f"no path leads to {name}"
        self.path += (name,)
        try:
            step()
            self.shop.settle()
        except InvariantBrokenError as broken:
            broken.path = self.path
            raise


def explore(
    staff: Staff, bounds: Bounds, *, only: str | None = None, merging: bool = True
) -> Explored:
    """Visit every reachable moment; raises InvariantBrokenError with a short path to it.

    With `only`, other invariants are not reported; but a path ends where any is broken. Without
    `merging`, a path goes on through moments already seen; that needs bounds in which every path
    ends.
    """
    explored = Explored()
    while explored.to_try:
        explored.runs += 1
        try:
            _follow(staff, bounds, explored, merging=merging)
        except InvariantBrokenError as broken:
            if only in {None, broken.name}:
                raise _shortened(staff, bounds, broken) from None
    return explored


def _follow(staff: Staff, bounds: Bounds, explored: Explored, *, merging: bool) -> None:
    """Follow a path until a moment already seen; remember the branches."""
    earlier, path = explored.to_try.pop()
    with _opened(staff, bounds) as walk:
        for name in path:
            walk.step(name)
        while True:
            moment = walk.shop.key()
            explored.before[moment].append(earlier)
            if merging and moment in explored.moments:
                return
            explored.moments.add(moment)
            if walk.shop.rests:
                explored.rests.add(moment)
            names = [name for name, _ in next_steps(walk.shop)]
            if not names:
                return
            explored.to_try += [(moment, (*walk.path, name)) for name in names[1:]]
            earlier = moment
            walk.step(names[0])


def _shortened(staff: Staff, bounds: Bounds, broken: InvariantBrokenError) -> InvariantBrokenError:
    """Leave out every step that the same violation does not need."""
    left_out = 0
    while left_out < len(broken.path):
        shorter = broken.path[:left_out] + broken.path[left_out + 1 :]
        found = _broken_by(staff, bounds, shorter)
        if found is not None and found.name == broken.name and len(found.path) < len(broken.path):
            broken, left_out = found, 0
        else:
            left_out += 1
    return broken


def _broken_by(staff: Staff, bounds: Bounds, path: Path) -> InvariantBrokenError | None:
    """Take the possible steps of a path, then always the first next step, until rest."""
    with _opened(staff, bounds) as walk:
        try:
            for name in path:
                if step_of_name(walk.shop, name):
                    walk.step(name)
            while not walk.shop.rests and len(walk.path) < _LONGEST:
                walk.step(next(next_steps(walk.shop))[0])
        except InvariantBrokenError as broken:
            return broken
    return None


@contextlib.contextmanager
def _opened(staff: Staff, bounds: Bounds) -> Iterator[Walk]:
    with running(SteppedLoop()) as loop:
        shop = Shop(staff, bounds, loop)
        try:
            yield Walk(shop)
        finally:
            shop.close()


@contextlib.contextmanager
def without_logs() -> Iterator[None]:
    """Silence the logs, which would have a line for each step of each path."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)
