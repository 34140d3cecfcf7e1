"""A shop whose services are processes, each with the keys of its role."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.e2e.least_privilege.recorder import Recorder
from tests.e2e.least_privilege.stack import BUCKET, PREFIX, Account, RoleKeys
from tests.support.emulator import free_port
from tests.support.mailing import MailServer
from tests.support.web import AS_STAFF, STAFF_KEY

_MODULES = {
    "producer": "producer",
    "worker": "worker",
    "photo worker": "worker.photos",
    "notifier": "notifier",
}
_SECONDS = 40


@dataclass(frozen=True)
class Running:
    """A service."""

    process: asyncio.subprocess.Process
    http: httpx.AsyncClient

    async def ready(self) -> None:
        async with asyncio.timeout(_SECONDS):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await self.http.get("/readyz")).status_code == 200:
                        return
                assert self.process.returncode is None, "the service has ended"
                await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """End it as ECS does, and see that it ends well."""
        self.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(self.process.wait(), _SECONDS) == 0

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()


@dataclass(frozen=True)
class Shop:
    """Where services are started."""

    account: Account
    recorder: Recorder
    keys: Mapping[str, RoleKeys]
    folder: Path
    mail: MailServer
    stack: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    def variables(self, role: str) -> dict[str, str]:
        """What a service is told of the AWS that it is in."""
        return {
            **self.keys[role].variables,
            "AWS_CA_BUNDLE": str(self.account.certificate),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "COFFEE_AWS_ENDPOINT_URL": self.recorder.url,
            "COFFEE_NAME_PREFIX": PREFIX,
            "COFFEE_PHOTOS": f"s3://{BUCKET}",
            "COFFEE_PROVISION": "off",
            "COFFEE_STORE": "dynamodb",
        }

    async def start(self, role: str, **settings: str) -> Running:
        """Start a service, and return when it is ready."""
        port = free_port()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-P", "-m", _MODULES[role]),
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(Path(__file__).parents[3]),
                **self.variables(role),
                "COFFEE_ALLOW_LOOPBACK_WEBHOOKS": "on",
                "COFFEE_BARISTA_HAND": "people",
                "COFFEE_CASHIER_NAME": "the cashier",
                "COFFEE_GRACE_SECONDS": "2",
                "COFFEE_LIVE_MARK_SECONDS": "0.5",
                "COFFEE_LIVE_LOOK_SECONDS": "1",
                "COFFEE_LOG_FORMAT": "json",
                "COFFEE_MAIL_FROM": "shop@coffee.example",
                "COFFEE_POLL_SECONDS": "1",
                "COFFEE_PORT": str(port),
                "COFFEE_PUBLIC_URL": "https://coffee.example",
                "COFFEE_RECONCILE_SECONDS": "0.3",
                "COFFEE_RETRY_SECONDS": "0.1",
                "COFFEE_SMTP_URL": f"smtp://127.0.0.1:{self.mail.port}",
                "COFFEE_STAFF_KEY": STAFF_KEY,
                "COFFEE_STATE_DIR": str(self.folder / role),
                "COFFEE_VISIBILITY_TIMEOUT": "3",
                "COFFEE_WORKER_PORT": str(port),
                **settings,
            },
        )
        self.stack.push_async_callback(_ended, process)
        http = await self.stack.enter_async_context(
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}",
                headers=AS_STAFF,
                timeout=_SECONDS,
                trust_env=False,
                verify=False,
            )
        )
        running = Running(process, http)
        await running.ready()
        return running


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def opened(shop: Shop) -> AsyncIterator[Shop]:
    """End whatever has been started, when the block ends."""
    async with shop.stack:
        yield shop
