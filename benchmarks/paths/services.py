"""Services that run under the profiler, against an emulator of their own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
from aiobotocore.session import get_session

from tests.support.emulator import CREDENTIALS, free_port
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient
    from types_aiobotocore_sqs.literals import QueueAttributeNameType

SECONDS = 20.0
"""How long anything may take that is waited for."""

Entered = frozenset[tuple[str, str]]
"""Functions that were entered, each as its file and its qualified name."""


@dataclass(frozen=True, slots=True)
class TracedService:
    """A service as a process of its own; `url` is where it answers."""

    process: asyncio.subprocess.Process
    file: Path
    url: str

    async def entered(self) -> Entered:
        """Give what was entered since the last call, or since the start."""
        self.file.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR2)
        await eventually(self.file.exists)
        return frozenset((file, name) for file, name in json.loads(self.file.read_text()))


@contextlib.asynccontextmanager
async def traced(
    module: str, variables: Mapping[str, str], folder: Path
) -> AsyncIterator[TracedService]:
    """Run `python -m MODULE` under the profiler until the end of the block.

    The block is entered when the service listens, which it logs.
    """
    port = free_port()
    file = folder / f"{module}.json"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.paths.traced", module, str(file)),
        env={
            **os.environ,
            **variables,
            "COFFEE_PORT": str(port),
            "COFFEE_WORKER_PORT": str(port),
            "COFFEE_LOG_FORMAT": "json",
            "COFFEE_LOG_LEVEL": "INFO",
        },
        stderr=asyncio.subprocess.PIPE,
    )
    reading = asyncio.create_task(_read_to_the_end(process, listening := asyncio.Event()))
    try:
        async with asyncio.timeout(SECONDS):
            await listening.wait()
        yield TracedService(process, file, f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        await process.wait()
        await reading


async def _read_to_the_end(process: asyncio.subprocess.Process, listening: asyncio.Event) -> None:
    """Read the log, so that the pipe never fills up; errors in it are shown."""
    if process.stderr is None:
        raise RuntimeError("the log is read from a pipe")
    async for line in process.stderr:
        if b".listening" in line:
            listening.set()
        elif b'"level": "error"' in line or not line.startswith(b"{"):
            sys.stderr.buffer.write(line)


@contextlib.asynccontextmanager
async def empty_queues(endpoint: str) -> AsyncIterator[EmptyQueues]:
    """Give a way to wait for queues, without asking any service of ours."""
    async with get_session().create_client(
        "sqs",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id=CREDENTIALS.access_key_id,
        aws_secret_access_key=CREDENTIALS.secret_access_key,
    ) as sqs:
        yield EmptyQueues(sqs)


@dataclass(frozen=True, slots=True)
class EmptyQueues:
    """Waits until nothing is waiting or in flight."""

    sqs: SQSClient

    async def wait(self, prefix: str = "") -> None:
        """Return when all queues whose names begin so are empty; raises TimeoutError."""
        async with asyncio.timeout(SECONDS):
            while await self._count(prefix):  # noqa: ASYNC110 - the emulator sends no event
                await asyncio.sleep(0.02)

    async def _count(self, prefix: str) -> int:
        names: list[QueueAttributeNameType] = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
        ]
        count = 0
        listed = await self.sqs.list_queues(QueueNamePrefix=prefix)
        for url in listed.get("QueueUrls", []):
            found = await self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
            count += sum(int(found["Attributes"][name]) for name in names)
        return count


async def until_ready(http: aiohttp.ClientSession, url: str) -> None:
    """Wait until a service finds all that it needs; raises TimeoutError."""
    async with asyncio.timeout(SECONDS):
        while True:
            async with http.get(f"{url}/readyz") as response:
                if response.ok:
                    return
            await asyncio.sleep(0.05)
