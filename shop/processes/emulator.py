"""`python -m shop.processes.emulator`: SQS, SNS and DynamoDB in one process, on loopback.

Only who has its credentials can use it. Its state is written at a clean stop; only the order store
survives anything worse.
"""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import signal
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.runtime.lifecycle import (
    at_the_end_of,
    handling_signal,
    raise_descriptor_limit,
    stop_requested,
    watchdog_reports,
)
from shared.runtime.logging import configure_logging
from shared.runtime.settings import ServiceSettings
from shared.runtime.startup import read_settings
from shared.web.listening import bound
from shop.emulator.guard import HEALTH_PATH, Guard
from shop.emulator.services import SERVICES, Services
from shop.processes.program import python_module

COMMAND = python_module("shop.processes.emulator")

log = structlog.stdlib.get_logger(__name__)


class EmulatorSettings(BaseSettings):
    """Where the emulator listens, and where it keeps its state."""

    model_config = SettingsConfigDict(env_prefix="COFFEE_EMULATOR_", frozen=True)

    port: int = Field(ge=1, le=65535)
    state_dir: Path
    access_key_id: str = Field(min_length=20, repr=False)
    """The secret by which the emulator knows its clients."""

    listen_fd: int | None = None
    """A listening socket of the parent's; without one, the emulator binds the port itself."""

    lifeline_fd: int | None = None
    shop_lifeline_fd: int | None = None
    """Ends with the supervisor; `lifeline_fd` does when the services have ended as well."""

    watchdog_fd: int | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the clients of one emulator sign with."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)

    def write(self, path: Path, endpoint: str, region: str) -> None:
        """Write a shared credentials file of AWS, which only its owner can read.

        Its profile also says where the emulator is, so that AWS's tools need nothing else.
        """
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(
                "[default]\n"
                f"aws_access_key_id = {self.access_key_id}\n"
                f"aws_secret_access_key = {self.secret_access_key}\n"
                f"endpoint_url = {endpoint}\n"
                f"region = {region}\n"
            )


def new_credentials() -> Credentials:
    """Make credentials of 160 random bits each."""
    return Credentials(secrets.token_hex(20), secrets.token_hex(20))


def environment(port: int, state_dir: Path, credentials: Credentials) -> Mapping[str, str]:
    """Return the variables for `COMMAND`."""
    return {
        "COFFEE_EMULATOR_PORT": str(port),
        "COFFEE_EMULATOR_STATE_DIR": str(state_dir),
        "COFFEE_EMULATOR_ACCESS_KEY_ID": credentials.access_key_id,
    }


def _ministack_environment(settings: EmulatorSettings) -> Mapping[str, str]:
    """Return all variables that ministack is to see; it reads them when it is imported.

    All but the three services in use are left out, and Docker, whose containers it would manage.
    """
    return {
        "GATEWAY_PORT": str(settings.port),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(settings.state_dir),
        "SERVICES": ",".join(SERVICES),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "DOCKER_HOST": f"unix://{settings.state_dir / 'no-docker.sock'}",
    }


def endpoint_url(port: int) -> str:
    """Return the URL of an emulator on that port."""
    return f"http://127.0.0.1:{port}"


def health_url(port: int) -> str:
    """Return the URL of its health check."""
    return f"{endpoint_url(port)}{HEALTH_PATH}"


async def serve_until_stopped(settings: EmulatorSettings) -> None:
    """Serve until a signal, or the end of the parent; the state is saved on the way out.

    SIGUSR1 ends the long polls, and so does the end of the supervisor: a client that stops waits
    for its own.
    """
    from shop.emulator.server import serving  # noqa: PLC0415 - containers do not have its parser

    services = Services()
    services.load()
    gc.freeze()  # what is loaded stays, so no collection needs to visit it
    guard = Guard(settings.port, settings.access_key_id, services.serve)
    async with (
        handling_signal(signal.SIGUSR1, services.end_polls),
        at_the_end_of(settings.shop_lifeline_fd, services.end_polls_for_good),
    ):
        async with (
            stop_requested(settings.lifeline_fd) as stop,
            watchdog_reports(settings.watchdog_fd),
            serving(guard, _listening(settings)),
        ):
            await stop.wait()
        if settings.state_dir.is_dir():
            services.save()
        else:  # it was moved away; a new one would be in its way when it comes back
            log.error("emulator.state_not_saved", folder=str(settings.state_dir))


def _listening(settings: EmulatorSettings) -> socket.socket:
    if settings.listen_fd is None:
        return bound("127.0.0.1", settings.port)
    return socket.socket(fileno=settings.listen_fd)


def main() -> None:
    """Run the emulator as its settings say."""
    settings = EmulatorSettings()
    shared = read_settings(ServiceSettings)
    configure_logging("emulator", shared.log_format, "WARNING", shared.log_buffer_kib)
    os.umask(0o077)
    settings.state_dir.mkdir(exist_ok=True)
    raise_descriptor_limit()
    os.environ.clear()  # ministack reads over a hundred variables, AWS's and proxies among them
    os.environ.update(_ministack_environment(settings))
    asyncio.run(serve_until_stopped(settings))


if __name__ == "__main__":
    main()
