"""`python -m worker`: one barista, until SIGTERM, or SIGUSR1 to leave in no hurry."""

from __future__ import annotations

import asyncio
import gc
import signal

from shared.runtime.lifecycle import handling_signal, stop_requested
from shared.runtime.logging import configure_logging
from shared.runtime.startup import exit_on_startup_error, read_settings
from worker.app import work
from worker.settings import WorkerSettings


async def _run(settings: WorkerSettings) -> None:
    leave = asyncio.Event()
    async with (
        stop_requested(settings.lifeline_fd) as stop,
        handling_signal(signal.SIGUSR1, leave.set),
    ):
        await work(settings, stop, leave)


def main() -> None:
    """Run a worker as its settings say."""
    with exit_on_startup_error():
        settings = read_settings(WorkerSettings)
        configure_logging("worker", settings.log_format, settings.log_level)
        gc.freeze()  # what is loaded stays: nobody need look it over, least of all at the end
        asyncio.run(_run(settings))


if __name__ == "__main__":
    main()
