"""Runs consumers on a loopback queue, and measures what their messages cost them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import psutil

from benchmarks.engine.environments import BUILD, PEERS, python_of
from benchmarks.engine.loopback_queue import LoopbackQueue
from benchmarks.engine.loopback_sqs import CREDENTIALS, LoopbackSqs

WARM_UP = 200
_ROUND_SECONDS = 300
_STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Cost:
    """What a message took: requests, milliseconds of CPU, and seconds until all were settled."""

    messages: int
    requests: int
    cpu: float
    seconds: float

    @property
    def requests_each(self) -> float:
        """Requests a message."""
        return self.requests / self.messages

    @property
    def cpu_each(self) -> float:
        """Milliseconds of CPU a message, of the process and its children."""
        return self.cpu * 1000 / self.messages

    @property
    def rate(self) -> float:
        """Messages per second."""
        return self.messages / self.seconds


@dataclass(frozen=True, slots=True)
class RunningConsumer:
    """A consumer process, and the message of its own kind that fills its queue."""

    process: psutil.Process
    queue: LoopbackQueue
    message: Mapping[str, Any]

    async def consume(self, messages: int) -> Cost:
        """Give it so many messages, and measure until it has deleted the last one."""
        requests, cpu, start = self.queue.requests.total(), self._cpu(), time.monotonic()
        self.queue.put(self.message, messages)
        async with asyncio.timeout(_ROUND_SECONDS):
            await self.queue.empty.wait()
        seconds = time.monotonic() - start
        return Cost(messages, self.queue.requests.total() - requests, self._cpu() - cpu, seconds)

    def _cpu(self) -> float:
        family = [self.process, *self.process.children(recursive=True)]
        return sum(_cpu_seconds(each.pid) for each in family)


def _cpu_seconds(pid: int) -> float:
    """Read the CPU clock of a process, in nanosecond steps (Linux; clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


@contextlib.asynccontextmanager
async def running(peer: str, sqs: LoopbackSqs, concurrency: int) -> AsyncIterator[RunningConsumer]:
    """Run a consumer until the block ends; it has begun by consuming WARM_UP messages."""
    queue = sqs.queues[peer]
    sending = await _started(peer, sqs, concurrency, "send")
    if await sending.wait():
        raise RuntimeError(f"{peer} cannot send: see {BUILD}/{peer}.log")
    message = queue.take_entry()
    process = await _started(peer, sqs, concurrency)
    try:
        consumer = RunningConsumer(psutil.Process(process.pid), queue, message)
        await consumer.consume(WARM_UP)
        yield consumer
    finally:
        await _stop(process)


async def _started(
    peer: str, sqs: LoopbackSqs, concurrency: int, *arguments: str
) -> asyncio.subprocess.Process:
    """Start a program in a group of processes of its own; it writes to `build/peers/`."""
    program, python = PEERS / peer / "consumer.py", await python_of(peer)
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / f"{peer}.log").open("a") as written:
        return await asyncio.create_subprocess_exec(
            python,
            str(program),
            *arguments,
            cwd=program.parent,
            stdout=written,
            stderr=written,
            start_new_session=True,
            env={
                **os.environ,
                **CREDENTIALS,
                "AWS_ENDPOINT_URL": sqs.url,
                "QUEUE": peer,
                "CONCURRENCY": str(concurrency),
            },
        )


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Ask a program to stop; kill it, and its children, if it does not."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
