"""Which consumers are measured, in which settings, and how often."""

from __future__ import annotations

import contextlib
import statistics
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from benchmarks.engine.loopback_sqs import LoopbackSqs, loopback_sqs
from benchmarks.engine.run import Cost, RunningConsumer, running

OURS, FLOOR, NAIVE = "ours", "floor", "naive"

OTHERS: Mapping[str, int] = {
    "celery": 1000,
    "taskiq": 1000,
    "dramatiq": 1000,
    "aws_sqs_consumer": 5000,
    "sqs_workers": 5000,
    NAIVE: 1000,
}
"""The others, and with how many messages each is measured in a setting."""


class Setting(NamedTuple):
    """How many messages may be in hand, and after how many seconds the server answers."""

    concurrency: int
    delay: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings, the rounds of ours and the floor in each with so many messages, the others."""

    settings: Sequence[Setting]
    rounds: int
    messages: int
    others: Mapping[str, int]


FULL = Plan([Setting(c, d) for c in (10, 40) for d in (0, 0.01)], 5, 4000, OTHERS)
SHORT = Plan([Setting(10, 0), Setting(10, 0.01)], 5, 500, {NAIVE: 300})

Costs: TypeAlias = Mapping[tuple[str, Setting], Sequence[Cost]]


@dataclass(frozen=True, slots=True)
class Found:
    """The costs of each round, by consumer and setting."""

    plan: Plan
    costs: dict[tuple[str, Setting], list[Cost]] = field(default_factory=lambda: defaultdict(list))

    def cpu(self, peer: str, setting: Setting) -> float:
        """Milliseconds of CPU a message, the median of the rounds."""
        return statistics.median(cost.cpu_each for cost in self.costs[peer, setting])

    def rate(self, peer: str, setting: Setting) -> float:
        """Messages per second, the median of the rounds."""
        return statistics.median(cost.rate for cost in self.costs[peer, setting])

    def requests(self, peer: str) -> float:
        """Requests a message, the most of all settings."""
        return max(
            cost.requests_each
            for (name, _), costs in self.costs.items()
            if name == peer
            for cost in costs
        )

    def times_floor(self, setting: Setting) -> float:
        """Our CPU by that of the floor in the round beside it, the median of the rounds."""
        pairs = zip(self.costs[OURS, setting], self.costs[FLOOR, setting], strict=True)
        return statistics.median(ours.cpu_each / floor.cpu_each for ours, floor in pairs)


async def compare(plan: Plan, tell: Callable[[str], None]) -> Found:
    """Measure ours and the floor in turn, then the others one by one."""
    found = Found(plan)
    async with loopback_sqs() as sqs:
        for concurrency in sorted({setting.concurrency for setting in plan.settings}):
            settings = [each for each in plan.settings if each.concurrency == concurrency]
            async with _running(sqs, concurrency, (OURS, FLOOR)) as both:
                for setting in settings:
                    await _measure(found, sqs, setting, both, [plan.messages] * plan.rounds, tell)
            for peer, messages in plan.others.items():
                async with _running(sqs, concurrency, (peer,)) as alone:
                    for setting in settings:
                        await _measure(found, sqs, setting, alone, [messages], tell)
    return found


@contextlib.asynccontextmanager
async def _running(
    sqs: LoopbackSqs, concurrency: int, peers: Sequence[str]
) -> AsyncIterator[Mapping[str, RunningConsumer]]:
    sqs.delay = 0
    async with contextlib.AsyncExitStack() as stack:
        yield {
            peer: await stack.enter_async_context(running(peer, sqs, concurrency)) for peer in peers
        }


async def _measure(
    found: Found,
    sqs: LoopbackSqs,
    setting: Setting,
    consumers: Mapping[str, RunningConsumer],
    rounds: Sequence[int],
    tell: Callable[[str], None],
) -> None:
    sqs.delay = setting.delay
    for messages in rounds:
        for peer, consumer in consumers.items():
            tell(f"{peer}, concurrency {setting.concurrency}, {setting.delay * 1000:.0f} ms away")
            found.costs[peer, setting].append(await consumer.consume(messages))
