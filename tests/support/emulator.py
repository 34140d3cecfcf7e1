"""A real emulator process for tests, on a port that was free."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from shop.processes import emulator
from shop.processes.probe import wait_until_healthy

CREDENTIALS = emulator.new_credentials()
"""Those of every emulator that this test process starts."""

CREDENTIAL_VARIABLES = {
    "COFFEE_AWS_ACCESS_KEY_ID": CREDENTIALS.access_key_id,
    "COFFEE_AWS_SECRET_ACCESS_KEY": CREDENTIALS.secret_access_key,
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running_ministack(port: int | None = None) -> Iterator[str]:
    """Give the endpoint of a fresh emulator, on a port that is free unless one is named."""
    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="ministack-") as state_dir:
        process = subprocess.Popen(
            emulator.COMMAND,
            env={**os.environ, **emulator.environment(port, Path(state_dir), CREDENTIALS)},
        )
        try:
            url = emulator.endpoint_url(port)
            _wait_until_ready(port)
            yield url
        finally:
            process.terminate()
            process.wait(10)


async def answers(port: int) -> None:
    """Wait until an emulator on that port answers."""
    async with asyncio.timeout(20):
        await wait_until_healthy(emulator.health_url(port))


@dataclass
class Emulator:
    """An emulator that keeps its state across a stop and a start.

    It ends its long polls when nobody holds the other end of `shop_lifeline`.
    """

    port: int
    folder: Path
    shop_lifeline: int | None = None
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return emulator.endpoint_url(self.port)

    async def start(self) -> None:
        variables = {**os.environ, **emulator.environment(self.port, self.folder, CREDENTIALS)}
        inherited = []
        if self.shop_lifeline is not None:
            variables["COFFEE_EMULATOR_SHOP_LIFELINE_FD"] = str(self.shop_lifeline)
            inherited = [self.shop_lifeline]
        self.process = await asyncio.create_subprocess_exec(
            *emulator.COMMAND, env=variables, pass_fds=inherited
        )
        await answers(self.port)

    async def kill(self) -> None:
        """Kill it: it starts again with the state of its last stop, or with none."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            async with asyncio.timeout(20):
                await self.process.wait()


def _wait_until_ready(port: int) -> None:
    """Wait on a thread of its own: a fixture may be asked for while a test's loop runs."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(answers(port))).result()
