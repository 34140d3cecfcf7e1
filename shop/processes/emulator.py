"""`python -m shop.processes.emulator`: SQS, SNS and DynamoDB in one process, on loopback.

Its state is written at a clean stop. Only the order store survives anything worse.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.runtime.lifecycle import stop_requested
from shop.processes.program import python_module

COMMAND = python_module("shop.processes.emulator")


class EmulatorSettings(BaseSettings):
    """Where the emulator listens, and where it keeps its state."""

    model_config = SettingsConfigDict(env_prefix="COFFEE_EMULATOR_", frozen=True)

    port: int = Field(ge=1, le=65535)
    state_dir: Path
    listen_fd: int | None = None
    """A listening socket of the parent's; without one, the emulator binds the port itself."""

    lifeline_fd: int | None = None


def environment(port: int, state_dir: Path) -> Mapping[str, str]:
    """Return the variables for `COMMAND`.

    ministack reads its own settings when it is imported. All but the three services in use
    are left out, and Docker, whose containers it would otherwise manage.
    """
    return {
        "COFFEE_EMULATOR_PORT": str(port),
        "COFFEE_EMULATOR_STATE_DIR": str(state_dir),
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state_dir),
        "SERVICES": "sqs,sns,dynamodb",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "DOCKER_HOST": f"unix://{state_dir / 'no-docker.sock'}",
    }


def endpoint_url(port: int) -> str:
    """Return the URL of an emulator on that port."""
    return f"http://127.0.0.1:{port}"


def health_url(port: int) -> str:
    """Return the URL of its health check."""
    return f"{endpoint_url(port)}/_ministack/health"


async def serve_until_stopped(settings: EmulatorSettings) -> None:
    """Serve until a signal, or the end of the parent; the state is saved on the way out."""
    # Importing them takes half a second, and containers do not have them.
    from hypercorn.asyncio import serve  # noqa: PLC0415
    from hypercorn.config import Config  # noqa: PLC0415
    from ministack.app import app  # noqa: PLC0415

    gc.freeze()  # what is loaded stays, so no collection needs to visit it
    config = Config()
    own = settings.listen_fd is None
    config.bind = [f"127.0.0.1:{settings.port}" if own else f"fd://{settings.listen_fd}"]
    config.loglevel = "WARNING"
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    async with stop_requested(settings.lifeline_fd) as stop:

        async def stopped() -> None:
            await stop.wait()

        await serve(app, config, shutdown_trigger=stopped)


def main() -> None:
    """Run the emulator as its settings say."""
    settings = EmulatorSettings()
    os.umask(0o077)
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    asyncio.run(serve_until_stopped(settings))


if __name__ == "__main__":
    main()
