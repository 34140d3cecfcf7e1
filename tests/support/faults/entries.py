"""What became of the entries of batches that faults befell: each sending of each entry."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.faults.aws_wire import Call


@dataclass(frozen=True, slots=True)
class Sending:
    """An entry on its way at a monotonic time."""

    action: str
    content: str
    at: float
    failed: bool


class Entries:
    """All sendings, in their order. An entry is what it says: its id is but a position."""

    def __init__(self) -> None:
        self._sendings: list[Sending] = []
        self._failures: Counter[tuple[str, str]] = Counter()

    def note(self, call: Call, failing: Collection[str]) -> None:
        """Note the entries of a batch, some of which fail."""
        now = time.monotonic()
        for entry in call.entries:
            sending = Sending(call.action, _content(entry), now, entry["Id"] in failing)
            self._sendings.append(sending)
            self._failures[sending.action, sending.content] += sending.failed

    def failures(self, action: str) -> int:
        """Count how often entries of an action have failed."""
        return sum(count for (of, _), count in self._failures.items() if of == action)

    def failures_of(self, action: str, entry: Mapping[str, Any]) -> int:
        """Count how often an entry has failed."""
        return self._failures[action, _content(entry)]

    def sent_needlessly(self, action: str, within: float = math.inf) -> Sequence[str]:
        """List what was sent again, within so many seconds, though it had not failed."""
        last: dict[str, Sending] = {}
        needless = []
        for sending in self._sendings:
            if sending.action == action:
                before = last.get(sending.content)
                if before and not before.failed and sending.at - before.at < within:
                    needless.append(sending.content)
                last[sending.content] = sending
        return needless


def _content(entry: Mapping[str, Any]) -> str:
    return json.dumps({name: value for name, value in entry.items() if name != "Id"})
