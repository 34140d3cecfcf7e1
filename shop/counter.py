"""`python -m shop.counter`: the counter, which is cashier and notifier on one port.

Under the supervisor the listening socket is inherited, and outlives this process.
"""

from __future__ import annotations

import asyncio
import socket
from functools import partial

import notifier.app
import structlog
from notifier.settings import NotifierSettings

import producer.app
from producer.settings import CashierSettings
from shared.runtime.lifecycle import stop_requested
from shared.runtime.logging import configure_logging
from shared.web.application import create_app
from shared.web.server import serve
from shared.web.staff_key import load_or_create_staff_key

log = structlog.stdlib.get_logger(__name__)


class CounterSettings(CashierSettings):
    """Where the counter listens, besides what the cashier needs to know."""

    listen_fd: int | None = None
    """A listening socket of the parent's; without one, the counter binds the port itself."""


async def _serve(settings: CounterSettings, notifying: NotifierSettings) -> None:
    staff_key = load_or_create_staff_key(settings.staff_key, settings.state_dir)
    app = create_app(
        [
            partial(producer.app.setup, settings=settings, staff_key=staff_key),
            partial(notifier.app.setup, settings=notifying),
        ],
        title="Coffee shop",
        staff_key=staff_key,
    )
    inherited = None if settings.listen_fd is None else socket.socket(fileno=settings.listen_fd)
    async with stop_requested(settings.lifeline_fd) as stop:
        await serve(
            app,
            host=settings.host,
            port=settings.port,
            sock=inherited,
            stop=stop,
            grace_seconds=settings.grace_seconds,
            on_listening=lambda url: log.info("counter.listening", url=url),
        )


def main() -> None:
    """Run the counter as its settings say."""
    settings = CounterSettings()
    configure_logging("counter", settings.log_format, settings.log_level)
    asyncio.run(_serve(settings, NotifierSettings()))


if __name__ == "__main__":
    main()
