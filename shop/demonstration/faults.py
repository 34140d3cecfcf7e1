"""The faults: signals to real processes, and what shows that they came back."""

from __future__ import annotations

import asyncio
import datetime as dt
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aiohttp

from shop.processes.child import Child
from shop.processes.watchdog import TICK_SECONDS
from shop.scaling.control_messages import Act, Hit
from shop.scaling.loop import RefusedError

_LOOK_SECONDS = 0.1
_PROBE_SECONDS = 1.0
_BACK_SECONDS = 60.0
LONGEST_FREEZE = 10.0
_OF_THE_WATCHDOG = 0.8
"""A process that is silent for longer is killed, which is another fault than this.

The watchdog's ticks are at whole seconds: one may come as soon as the process stands still.
"""

_THAW = """
import os, signal, sys, time
time.sleep(float(sys.argv[2]))
os.killpg(int(sys.argv[1]), signal.SIGCONT)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """The shop's processes, and where to see that they answer; no `emulator` on AWS itself."""

    counter: Child
    workers: Sequence[Child]
    emulator: Child | None
    counter_url: str
    emulator_url: str
    watchdog_seconds: float

    @property
    def freeze_seconds(self) -> float:
        """How long the emulator stands still."""
        if not self.watchdog_seconds:
            return LONGEST_FREEZE
        return min(LONGEST_FREEZE, (self.watchdog_seconds - TICK_SECONDS) * _OF_THE_WATCHDOG)


@dataclass(frozen=True, slots=True)
class Fired:
    """A fault that was fired: whom it hit, what to probe, how long it `lasts`, what ends it."""

    hit: Sequence[Hit]
    children: Sequence[Child]
    url: str
    lasts: dt.timedelta = dt.timedelta(0)
    thaw: subprocess.Popen[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a fault."""

    replaced_by: Sequence[int]
    unanswered: int


def fire(act: Act, targets: Targets) -> Fired:
    """Send the signals; raises RefusedError where there is nobody to hit."""
    if act is Act.FREEZE_SQS:
        return _freeze(targets)
    if act is Act.KILL_BARISTA:
        children = [worker for worker in targets.workers if worker.pid is not None][:1]
    else:
        emulator = [targets.emulator] if targets.emulator else []
        children = [targets.counter, *targets.workers, *emulator]
    hit = [hit for child in children if (hit := _send(child, signal.SIGKILL))]
    if not hit:
        raise RefusedError("No such process runs at the moment.")
    return Fired(hit, children, targets.counter_url)


async def outcome(act: Act, fired: Fired) -> Outcome:
    """Wait until all that was hit is back and answers, a minute at most."""
    before = {hit.name: hit.pid for hit in fired.hit}
    stays = act is Act.FREEZE_SQS
    probing = asyncio.create_task(_probe_until_answered(fired.url))
    try:
        async with asyncio.timeout(_BACK_SECONDS):
            while fired.thaw and fired.thaw.poll() is None:  # noqa: ASYNC110 - as it is reaped
                await asyncio.sleep(_LOOK_SECONDS)
            while not all(stays or _is_back(child, before) for child in fired.children):  # noqa: ASYNC110 - as processes end
                await asyncio.sleep(_LOOK_SECONDS)
            unanswered = await probing
    except TimeoutError:
        unanswered = -1
    finally:
        probing.cancel()
    pids = [] if stays else [child.pid for child in fired.children if child.pid is not None]
    return Outcome(pids, unanswered)


def _freeze(targets: Targets) -> Fired:
    emulator = targets.emulator
    if emulator is None:
        raise RefusedError("SQS is AWS's own here; only the emulator can be frozen.")
    if emulator.pid is None:
        raise RefusedError("The emulator is not running at the moment.")
    thaw = _thaw_later(emulator.pid, targets.freeze_seconds)
    hit = _send(emulator, signal.SIGSTOP)
    lasts = dt.timedelta(seconds=targets.freeze_seconds)
    return Fired([hit] if hit else [], [emulator], targets.emulator_url, lasts, thaw)


def _thaw_later(pid: int, seconds: float) -> subprocess.Popen[bytes]:
    """Start a process that sends SIGCONT to the group of `pid` later.

    If the supervisor is killed meanwhile, the emulator does not stand still for ever, with the
    lock on the folder that it holds.
    """
    return subprocess.Popen(  # noqa: S603 - our own interpreter
        (sys.executable, "-I", "-c", _THAW, str(pid), str(seconds)),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def _send(child: Child, number: signal.Signals) -> Hit | None:
    pid = child.send(number)
    return None if pid is None else Hit(name=child.name, pid=pid, signal=number.name)


def _is_back(child: Child, before: Mapping[str, int]) -> bool:
    is_another = child.pid is not None and child.pid != before.get(child.name)
    return child.is_stopped or (is_another and child.started.is_set())


async def _probe_until_answered(url: str) -> int:
    """Count the probes that fail until one succeeds."""
    timeout = aiohttp.ClientTimeout(total=_PROBE_SECONDS)
    failed = 0
    async with aiohttp.ClientSession(timeout=timeout) as session:
        while True:
            try:
                async with session.get(url) as response:
                    if response.ok:
                        return failed
            except (aiohttp.ClientError, TimeoutError):
                pass
            failed += 1
            await asyncio.sleep(_LOOK_SECONDS)
