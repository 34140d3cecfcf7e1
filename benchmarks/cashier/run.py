"""Places orders with the cashier and with the bare handler, in turns, at their peaks and below."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from benchmarks.cashier.processes import Server, Servers, load, requests_counted, running

CUSTOMERS = 32
"""How many place one order after the other, at the peak; below it, more wait for their turn."""

SHARES = (0.5, 0.9)
"""Of the peak: the loads at which times are told."""

_CUSTOMERS_BELOW_PEAK = 128
_WARM_UP_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How many rounds, and how many seconds each takes; whether loads below the peak are tried."""

    rounds: int
    seconds: float
    below_peak: bool


@dataclass(frozen=True, slots=True)
class Round:
    """What one server did with a load: milliseconds of CPU an order, and each order's time."""

    cpu_ms: float
    rate: float
    times_ms: list[float]

    def percentile(self, percent: int) -> float:
        """Give the time, in ms, that so many of a hundred orders did not exceed."""
        return quantiles(self.times_ms, n=100)[percent - 1]


Rounds = list[Round]


@dataclass(frozen=True, slots=True)
class Found:
    """The rounds of one server, at its peak and at SHARES of it, and its requests an order."""

    peak: Rounds
    below: Mapping[float, Rounds]
    requests: float

    @property
    def cpu_ms(self) -> float:
        """The CPU time of an order at the peak, in ms."""
        return median_cpu(self.peak)

    @property
    def rate(self) -> float:
        """Orders a second at the peak."""
        return median(each.rate for each in self.peak)


def median_cpu(rounds: Rounds) -> float:
    """Give the median CPU time of an order, in ms."""
    return median(each.cpu_ms for each in rounds)


def ratio(cashier: Rounds, bare: Rounds) -> float:
    """Compare CPU times of an order, round by round: each has a bare one right after it."""
    return median(ours.cpu_ms / theirs.cpu_ms for ours, theirs in zip(cashier, bare, strict=True))


async def measure(plan: Plan, tell: Callable[[str], None]) -> tuple[Found, Found]:
    """Measure the cashier and the bare handler."""
    with tempfile.TemporaryDirectory(prefix="cashier-") as folder:
        async with running(Path(folder)) as servers:
            return await _Measurement(plan, tell, servers).measure()


class _Measurement:
    """Both servers, which take turns."""

    def __init__(self, plan: Plan, tell: Callable[[str], None], servers: Servers) -> None:
        self._plan = plan
        self._tell = tell
        self._servers = (servers.cashier, servers.bare)
        self._aws = (servers.aws["cashier"], servers.aws["bare"])

    async def measure(self) -> tuple[Found, Found]:
        for server in self._servers:
            await load(server.url, _WARM_UP_SECONDS, CUSTOMERS)
        before = [await self._requests(url) for url in self._aws]
        peaks = await self._rounds("at the peak", CUSTOMERS, (0, 0))
        requests = [await self._requests(url) for url in self._aws]
        rates = [median(each.rate for each in rounds) for rounds in peaks]
        below = {
            share: await self._rounds(
                f"at {share:.0%} of the peak",
                _CUSTOMERS_BELOW_PEAK,
                (share * rates[0], share * rates[1]),
            )
            for share in (SHARES if self._plan.below_peak else ())
        }
        orders = [sum(len(each.times_ms) for each in rounds) for rounds in peaks]
        ours, bare = (
            Found(
                peaks[place],
                {share: rounds[place] for share, rounds in below.items()},
                (requests[place] - before[place]) / orders[place],
            )
            for place in (0, 1)
        )
        return ours, bare

    async def _rounds(
        self, what: str, customers: int, rates: tuple[float, float]
    ) -> tuple[Rounds, Rounds]:
        rounds: tuple[Rounds, Rounds] = ([], [])
        for number in range(self._plan.rounds):
            self._tell(f"{what}: round {number + 1} of {self._plan.rounds}")
            for server, rate, done in zip(self._servers, rates, rounds, strict=True):
                done.append(await self._round(server, customers, rate))
        return rounds

    async def _round(self, server: Server, customers: int, rate: float) -> Round:
        before = server.cpu_seconds()
        loaded = await load(server.url, self._plan.seconds, customers, rate)
        spent = server.cpu_seconds() - before
        return Round(
            spent * 1000 / loaded.orders, loaded.orders / loaded.seconds, loaded.milliseconds
        )

    async def _requests(self, url: str) -> int:
        counted = await requests_counted(url)
        return sum(counted.get(name, 0) for name in ("PublishBatch", "SendMessageBatch"))
