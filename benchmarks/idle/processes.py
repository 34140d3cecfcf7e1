"""What the processes of a shop use: CPU time, wake-ups and memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

_NAMES = {
    "shop.cli": "supervisor",
    "shop.processes.emulator": "emulator",
    "shop.processes.counter": "counter",
    "worker": "barista",
    "worker.photos": "photo worker",
}
"""By the module that a process runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What a process used: a fraction of one core, wake-ups a second, and bytes of memory.

    `pss` counts a page that processes share once among them, `rss` in each.
    """

    name: str
    cpu: float
    wakes: float
    pss: int
    rss: int
    threads: int


@dataclass(frozen=True, slots=True)
class _Reading:
    cpu_seconds: float
    switches: int

    @classmethod
    def of(cls, process: psutil.Process) -> _Reading:
        times = process.cpu_times()
        ended = times.children_user + times.children_system
        return cls(times.user + times.system + ended, process.num_ctx_switches().voluntary)


async def used(processes: Sequence[psutil.Process], seconds: float) -> Sequence[Use]:
    """Watch processes for so long; raises psutil.NoSuchProcess when one ends meanwhile."""
    before = [_Reading.of(process) for process in processes]
    await asyncio.sleep(seconds)
    return [
        _use(process, earlier, _Reading.of(process), seconds)
        for process, earlier in zip(processes, before, strict=True)
    ]


def _use(process: psutil.Process, before: _Reading, after: _Reading, seconds: float) -> Use:
    memory = process.memory_full_info()
    return Use(
        name=next(_NAMES[word] for word in process.cmdline() if word in _NAMES),
        cpu=(after.cpu_seconds - before.cpu_seconds) / seconds,
        wakes=(after.switches - before.switches) / seconds,
        pss=memory.pss,
        rss=memory.rss,
        threads=process.num_threads(),
    )
