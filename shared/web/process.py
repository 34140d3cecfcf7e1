"""Runs a web service as a process: reads settings, serves requests until asked to stop."""

from __future__ import annotations

import asyncio
import errno
import gc
import signal
import socket
from collections.abc import Sequence

import structlog

from shared.runtime.lifecycle import handling_signal, stop_requested
from shared.runtime.logging import configure_logging
from shared.runtime.settings import WebSettings
from shared.runtime.startup import StartupError
from shared.web.application import create_app
from shared.web.server import serve
from shared.web.service import Service
from shared.web.staff_key import load_or_create_staff_key

log = structlog.stdlib.get_logger(__name__)


def run_web_service(name: str, settings: WebSettings, services: Sequence[Service]) -> None:
    """Serve until SIGTERM; raises StartupError when the settings do not allow a start."""
    configure_logging(name, settings.log_format, settings.log_level)
    gc.freeze()  # modules are never freed: keep them out of every collection
    try:
        asyncio.run(_serve(name, settings, services))
    except OSError as error:
        raise StartupError(_explained(error, settings)) from error


async def _serve(name: str, settings: WebSettings, services: Sequence[Service]) -> None:
    staff_key = load_or_create_staff_key(settings.staff_key, settings.state_dir)
    app = create_app(
        services,
        title="Coffee shop",
        staff_key=staff_key,
        trusted_proxies=settings.trusted_proxies,
    )
    inherited = None if settings.listen_fd is None else socket.socket(fileno=settings.listen_fd)

    def announce_broker_reset() -> None:
        for service in services:
            for broker_reset in service.broker_resets:
                broker_reset.set()

    async with (
        stop_requested(settings.lifeline_fd) as stop,
        handling_signal(signal.SIGHUP, announce_broker_reset),
    ):
        await serve(
            app,
            host=settings.host,
            port=settings.port,
            sock=inherited,
            stop=stop,
            grace_seconds=settings.grace_seconds,
            on_listening=lambda url: log.info("service.listening", name=name, url=url),
        )


def _explained(error: OSError, settings: WebSettings) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {settings.port} is in use; name another one in COFFEE_PORT."
    return f"{error}; COFFEE_STATE_DIR names the folder of the shop's files."
