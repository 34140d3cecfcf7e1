"""`python -m notifier`: the notifier alone, until SIGTERM."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from notifier.app import setup
from notifier.settings import NotifierSettings
from shared.runtime.lifecycle import stop_requested
from shared.runtime.logging import configure_logging
from shared.web.application import create_app
from shared.web.server import serve
from shared.web.staff_key import load_or_create_staff_key

log = structlog.stdlib.get_logger(__name__)


async def _run(settings: NotifierSettings) -> None:
    staff_key = load_or_create_staff_key(settings.staff_key, settings.state_dir)
    setup_notifier = partial(setup, settings=settings)
    app = create_app([setup_notifier], title="Coffee shop: notifier", staff_key=staff_key)
    async with stop_requested(settings.lifeline_fd) as stop:
        await serve(
            app,
            host=settings.host,
            port=settings.port,
            stop=stop,
            grace_seconds=settings.grace_seconds,
            on_listening=lambda url: log.info("notifier.listening", url=url),
        )


def main() -> None:
    """Run the notifier as its settings say."""
    settings = NotifierSettings()
    configure_logging("notifier", settings.log_format, settings.log_level)
    asyncio.run(_run(settings))


if __name__ == "__main__":
    main()
