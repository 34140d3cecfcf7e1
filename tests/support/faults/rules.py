"""The faults between a service and AWS, as data, and a seeded choice among them."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeAlias

from tests.support.faults.aws_wire import Call
from tests.support.faults.entries import Entries


@dataclass(frozen=True, slots=True)
class Drop:
    """The request never arrives; its connection is reset."""


@dataclass(frozen=True, slots=True)
class LoseAnswer:
    """The request takes effect, and the connection is reset in place of an answer."""


@dataclass(frozen=True, slots=True)
class Delay:
    """The request arrives so many seconds later."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Silence:
    """The request is accepted, and never answered."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The request is answered with an error of the other side, without effect."""

    status: int = 503
    code: str = "ServiceUnavailable"


@dataclass(frozen=True, slots=True)
class Throttle:
    """The request is answered with a throttle, without effect."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """The request takes effect so many times; the last answer is given."""

    times: int = 2


@dataclass(frozen=True, slots=True)
class FailEntries:
    """Between `least` and `most` entries of a batch of ten fail, and never all of a batch.

    None of them fails more than `times` times.
    """

    least: int = 1
    most: int = 9
    times: float = math.inf

    def choose(self, entry_ids: Sequence[str], draw: random.Random) -> Sequence[str]:
        """Draw those that fail."""
        count = round(draw.randint(self.least, self.most) * len(entry_ids) / 10)
        return draw.sample(entry_ids, min(max(count, 1), len(entry_ids) - 1))


@dataclass(frozen=True, slots=True)
class Redeliver:
    """Every message of a receive is delivered so many times in all, in a shuffled order."""

    times: int = 3


Fault: TypeAlias = (
    Drop | LoseAnswer | Delay | Silence | Fail | Throttle | Repeat | FailEntries | Redeliver
)


@dataclass(frozen=True, slots=True)
class Rule:
    """Which fault befalls which AWS action (a pattern as of a shell), and how often (0 to 1)."""

    action: str
    fault: Fault
    probability: float = 1


class Faults:
    """Draws the faults of each request. Every action has a sequence of draws of its own.

    So the nth request of an action meets the same faults whenever the seed is the same, whatever
    else goes on. `met` counts what was drawn, by action and fault; `entries` are those of the
    batches of which some were to fail.
    """

    def __init__(self, seed: int, rules: Iterable[Rule] = ()) -> None:
        self._seed = seed
        self._draws: dict[str, random.Random] = {}
        self.rules: Sequence[Rule] = tuple(rules)
        self.met: Counter[tuple[str, str]] = Counter()
        self.entries = Entries()

    def set(self, *rules: Rule) -> None:
        """Let other rules hold from now on; none is fair weather."""
        self.rules = rules

    def of(self, action: str) -> Sequence[Fault]:
        """Draw what befalls the next request of `action`, in the order of the rules."""
        draw = self.draw(action)
        drawn = [
            rule.fault
            for rule in self.rules
            if fnmatchcase(action, rule.action) and draw.random() < rule.probability
        ]
        self.met.update((action, type(fault).__name__) for fault in drawn)
        return drawn

    def failing(self, fault: FailEntries, call: Call) -> Sequence[str]:
        """Draw the ids of the entries of a batch that fail this time."""
        drawn = fault.choose([entry["Id"] for entry in call.entries], self.draw("entries"))
        failing = [
            entry["Id"]
            for entry in call.entries
            if entry["Id"] in drawn and self.entries.failures_of(call.action, entry) < fault.times
        ]
        self.entries.note(call, failing)
        return failing

    def draw(self, action: str) -> random.Random:
        """Give the random numbers of an action."""
        return self._draws.setdefault(action, random.Random(f"{self._seed} {action}"))
