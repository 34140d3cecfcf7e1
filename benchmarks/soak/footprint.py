"""How much memory and how many file descriptors each process of a shop holds, second by second."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field

import psutil

EVERY_SECONDS = 1.0

ROLES = {
    "shop.processes.emulator": "emulator",
    "shop.processes.counter": "counter",
    "worker": "barista",
}
"""Names of the shop's children, by the module that they run."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Bytes and descriptors of a process, `at` seconds after watching began."""

    at: float
    memory: int
    descriptors: int


@dataclass(slots=True)
class Footprint:
    """One process and its samples; `ended` is whether it ended while it was watched."""

    name: str
    process: psutil.Process
    samples: list[Sample] = field(default_factory=list)
    ended: bool = False

    def take(self, at: float) -> None:
        """Take one more sample, if the process is still there."""
        try:
            sample = Sample(at, self.process.memory_info().rss, self.process.num_fds())
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            self.ended = True
        else:
            self.samples.append(sample)


class Footprints:
    """The footprints of an open shop's supervisor and of its children."""

    def __init__(self, shop_pid: int) -> None:
        supervisor = psutil.Process(shop_pid)
        numbers = itertools.count(1)
        self._start = time.monotonic()
        self.all = [Footprint("supervisor", supervisor)]
        for child in supervisor.children():
            role = next(ROLES[word] for word in child.cmdline() if word in ROLES)
            name = f"{role} {next(numbers)}" if role == "barista" else role
            self.all.append(Footprint(name, child))

    @property
    def now(self) -> float:
        """Seconds since watching began."""
        return time.monotonic() - self._start

    async def watch(self) -> None:
        """Take a sample of each process every second, for ever."""
        while True:
            for footprint in self.all:
                footprint.take(self.now)
            await asyncio.sleep(EVERY_SECONDS - self.now % EVERY_SECONDS)
