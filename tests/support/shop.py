"""A whole shop, as `coffeeshop run` opens it: real processes, a folder and a port of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from shared.runtime.settings import ServiceSettings
from tests.support.emulator import free_port

COFFEESHOP = str(Path(sys.executable).with_name("coffeeshop"))
OPEN = "The shop is open at "
ORDER = {
    "customer_name": "Ada",
    "items": [{"item": "latte", "size": "large", "modifiers": ["oat-milk"], "quantity": 2}],
}


@dataclass(frozen=True)
class RunningShop:
    process: asyncio.subprocess.Process
    url: str
    environment: dict[str, str]
    log: Path

    @property
    def folder(self) -> Path:
        return Path(self.environment["COFFEE_STATE_DIR"])

    @property
    def staff_key(self) -> str:
        return (self.folder / "staff-key").read_text().strip()

    @property
    def staff(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.staff_key}"}

    def children(self, command: str) -> list[psutil.Process]:
        """The shop's processes that run `command`, such as `worker`."""
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if _runs(child, command)]

    def emulator_settings(self) -> ServiceSettings:
        """Settings with which a test reaches the shop's own emulator, as its children do."""
        given = self.children("worker")[0].environ()
        return ServiceSettings(
            aws_endpoint_url=given["COFFEE_AWS_ENDPOINT_URL"],
            aws_access_key_id=given["COFFEE_AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=given["COFFEE_AWS_SECRET_ACCESS_KEY"],
            state_dir=self.folder,
        )

    async def close(self) -> int:
        """Ask the shop to close, and give its exit status."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(40):
            return await self.process.wait()

    async def command(self, *arguments: str) -> tuple[int, str]:
        """Run a `coffeeshop` command against this shop; give its exit status and its output."""
        process = await asyncio.create_subprocess_exec(
            COFFEESHOP, *arguments, env=self.environment, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
        return process.returncode or 0, output.decode()


def _runs(process: psutil.Process, command: str) -> bool:
    try:
        return command in process.cmdline()
    except psutil.NoSuchProcess:  # it has just ended
        return False


@contextlib.asynccontextmanager
async def open_shop(
    state_dir: Path,
    port: int | None = None,
    *,
    until: str = OPEN,
    descriptors: str | None = None,
    **env: str,
) -> AsyncIterator[RunningShop]:
    """Open a shop; the block begins when it has printed a line that begins with `until`.

    `descriptors` limits its open files, as `soft:hard`.
    """
    port = port or free_port()
    environment = {
        **os.environ,
        "COFFEE_STATE_DIR": str(state_dir),
        "COFFEE_PORT": str(port),
        "COFFEE_GRACE_SECONDS": "10",
        "COFFEE_POLL_SECONDS": "1",
        "COFFEE_PHOTO_WORKERS": "0",  # one more process, which few tests need
        **env,
    }
    log = state_dir.with_suffix(".log")
    with log.open("ab") as log_file:
        process = await asyncio.create_subprocess_exec(
            *_limited(descriptors),
            COFFEESHOP,
            "run",
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=log_file,
        )
    shop = RunningShop(process, f"http://127.0.0.1:{port}", environment, log)
    try:
        async with asyncio.timeout(30):
            await _says(shop, until)
        yield shop
    finally:
        if process.returncode is None:
            await shop.close()


def _limited(descriptors: str | None) -> Sequence[str]:
    """The command that runs another one with these limits on open files."""
    if descriptors is None:
        return ()
    soft, hard = descriptors.split(":")
    return ("sh", "-c", f'ulimit -Sn {soft} && ulimit -Hn {hard} && exec "$@"', "sh")


async def _says(shop: RunningShop, beginning: str) -> None:
    assert shop.process.stdout is not None
    async for line in shop.process.stdout:
        if line.decode().startswith(beginning):
            return
    raise AssertionError(f"the shop did not open:\n{shop.log.read_text()}")


async def reaches(
    client: httpx.AsyncClient, order_id: str, state: str, seconds: float = 20
) -> dict[str, object]:
    """Wait until an order is in a state; give the order."""
    async with asyncio.timeout(seconds):
        while True:
            order: dict[str, object] = (await client.get(f"/orders/{order_id}")).json()
            if order["state"] == state:
                return order
            await asyncio.sleep(0.05)
