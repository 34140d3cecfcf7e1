"""Which dead letters a redrive takes, and what became of each. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from shared.aws.dead_letters import DeadLetter


@dataclass(frozen=True, slots=True)
class RefusedLetter:
    """A dead letter, by its id, that was not redriven, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class RedriveResult:
    """What became of a redrive: ids of dead letters, and how many were not inspected."""

    redriven: Sequence[str]
    refused: Sequence[RefusedLetter]
    left: int


@dataclass(slots=True)
class RedriveSelection:
    """Chooses dead letters by their `ids`, or all, until `limit` are redriven.

    `ticketed` maps the ids of orders to the version for which a ticket was queued.
    """

    ids: Collection[str] | None
    limit: int
    ticketed: dict[str, int] = field(default_factory=dict)
    _redriven: list[str] = field(default_factory=list)
    _refused: list[RefusedLetter] = field(default_factory=list)
    _passed_over: int = 0

    def choose(self, page: Iterable[DeadLetter]) -> Iterator[Sequence[DeadLetter]]:
        """Pick the requested letters, in portions that fit the limit."""
        requested = [letter for letter in page if self.ids is None or letter.id in self.ids]
        while requested and not self.is_complete:
            room = self.limit - len(self._redriven)
            yield requested[:room]
            requested = requested[room:]
        self._passed_over += len(requested)

    def add(self, letters: Iterable[DeadLetter], reason: str | None) -> None:
        """Record that letters were redriven, or refused for a reason."""
        if reason is None:
            self._redriven += [letter.id for letter in letters]
        else:
            self._refused += [RefusedLetter(letter.id, reason) for letter in letters]

    @property
    def is_complete(self) -> bool:
        """Whether every requested letter was found, or the limit is reached."""
        found = len(self._redriven) + len(self._refused)
        every_id = self.ids is not None and found >= len(self.ids)
        return every_id or len(self._redriven) >= self.limit

    def result(self, left: int) -> RedriveResult:
        """Sum the redrive up, when `left` dead letters are on pages that were not read."""
        found = {*self._redriven, *(refused.id for refused in self._refused)}
        why = (
            "not among those that could be inspected; try again" if left else "no such dead letter"
        )
        missing = [
            RefusedLetter(letter_id, why) for letter_id in self.ids or () if letter_id not in found
        ]
        return RedriveResult(
            sorted(self._redriven), [*self._refused, *missing], left + self._passed_over
        )
