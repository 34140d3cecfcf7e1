"""A notifier as a process that is killed and restarted, under one name and at one address."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import aiohttp

from tests.chaos.audience import Audience, Notes
from tests.chaos.editors import Editors
from tests.chaos.processes import Launcher, ServiceProcess, launching
from tests.support.emulator import free_port
from tests.support.waiting import until
from tests.support.web import STAFF_KEY

_STARTS_WITHIN = 30


@dataclass
class Newsroom:
    """A notifier, its editors, and the notes of its subscribers."""

    folder: Path
    url: str
    http: aiohttp.ClientSession
    launcher: Launcher
    editors: Editors
    lives: list[ServiceProcess] = field(default_factory=list)
    subscribers: list[Notes] = field(default_factory=list)
    secrets: list[str] = field(default_factory=lambda: [STAFF_KEY])

    async def open(self) -> None:
        """Start the notifier, and return once it is ready."""
        self.lives.append(await self.launcher.start("notifier", "notifier"))
        await until(self._ready, _STARTS_WITHIN)

    async def kill(self) -> None:
        """Kill it."""
        await self.lives[-1].kill()

    async def metrics(self) -> str:
        """Read the metrics of the current process."""
        async with self.http.get("/metrics") as response:
            return await response.text()

    async def audience(self) -> Audience:
        """Gather the evidence at the end of the run."""
        return Audience(
            accepted=self.editors.accepted,
            attempted=self.editors.attempted,
            subscribers=self.subscribers,
            secrets=self.secrets,
            logs=self.launcher.logs(),
            metrics=await self.metrics(),
        )

    async def _ready(self) -> bool:
        with contextlib.suppress(aiohttp.ClientError):
            async with self.http.get("/readyz") as response:
                return response.status == HTTPStatus.OK
        return False


@contextlib.asynccontextmanager
async def open_newsroom(emulator: str, folder: Path, **variables: str) -> AsyncIterator[Newsroom]:
    """Open a notifier at an emulator; `variables` are its further settings."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        "COFFEE_AWS_ENDPOINT_URL": emulator,
        "COFFEE_STATE_DIR": str(folder),
        "COFFEE_NAME_PREFIX": f"c{secrets.token_hex(4)}-",
        "COFFEE_PORT": str(port),
        "COFFEE_STAFF_KEY": STAFF_KEY,
        "COFFEE_NOTIFIER_INSTANCE": "chaos",
        "COFFEE_ALLOW_LOOPBACK_WEBHOOKS": "true",
        "COFFEE_SUBSCRIPTIONS_PER_MINUTE": "0",
        "COFFEE_GRACE_SECONDS": "5",
        "COFFEE_LOG_FORMAT": "json",
        **variables,
    }
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(url, connector=connector) as http,
        launching(folder, environment) as launcher,
    ):
        newsroom = Newsroom(folder, url, http, launcher, Editors(http))
        await newsroom.open()
        yield newsroom
