"""What becomes of the dead letters of a redrive, counted up page by page. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from shared.aws.dead_letters import DeadLetter


@dataclass(frozen=True, slots=True)
class Refused:
    """A dead letter, by its id, that was not redriven, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Redrive:
    """What became of a redrive: ids of dead letters, and how many were not even looked at."""

    redriven: Sequence[str]
    refused: Sequence[Refused]
    left: int


@dataclass(slots=True)
class RedriveTally:
    """Chooses dead letters by their `ids`, or all, until `limit` are redriven; counts them up.

    `ticketed` tells by their ids as which version orders were given tickets.
    """

    ids: Collection[str] | None
    limit: int
    ticketed: dict[str, int] = field(default_factory=dict)
    _redriven: list[str] = field(default_factory=list)
    _refused: list[Refused] = field(default_factory=list)
    _passed_over: int = 0

    def choose(self, page: Iterable[DeadLetter]) -> Iterator[Sequence[DeadLetter]]:
        """Pick those that are asked for, in portions that there is still room for."""
        asked_for = [letter for letter in page if self.ids is None or letter.id in self.ids]
        while asked_for and not self.is_complete:
            room = self.limit - len(self._redriven)
            yield asked_for[:room]
            asked_for = asked_for[room:]
        self._passed_over += len(asked_for)

    def add(self, letters: Iterable[DeadLetter], reason: str | None) -> None:
        """Note what has become of some: redriven, or refused for a reason."""
        if reason is None:
            self._redriven += [letter.id for letter in letters]
        else:
            self._refused += [Refused(letter.id, reason) for letter in letters]

    @property
    def is_complete(self) -> bool:
        """Whether nothing more is asked for."""
        found = len(self._redriven) + len(self._refused)
        every_id = self.ids is not None and found >= len(self.ids)
        return every_id or len(self._redriven) >= self.limit

    def summed_up(self, left: int) -> Redrive:
        """Give the outcome, when there are `left` dead letters on pages that were not seen."""
        found = {*self._redriven, *(refused.id for refused in self._refused)}
        why = (
            "not among those that could be looked at; try again" if left else "no such dead letter"
        )
        missing = [
            Refused(letter_id, why) for letter_id in self.ids or () if letter_id not in found
        ]
        return Redrive(sorted(self._redriven), [*self._refused, *missing], left + self._passed_over)
