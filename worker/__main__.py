"""`python -m worker`: one worker, until SIGTERM, or SIGUSR1 to drain it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal

from shared.runtime.lifecycle import (
    handling_signal,
    raise_descriptor_limit,
    stop_requested,
    watchdog_reports,
)
from shared.runtime.logging import configure_logging
from shared.runtime.startup import exit_on_startup_error, read_settings
from shared.tracing.process import traces_of
from worker.app import work
from worker.settings import WorkerSettings


async def _run(settings: WorkerSettings) -> None:
    drain = asyncio.Event()
    async with (
        stop_requested(settings.lifeline_fd) as stop,
        handling_signal(signal.SIGUSR1, drain.set),
        watchdog_reports(settings.watchdog_fd),
    ):
        await work(settings, stop, drain, os.environ.get("ECS_AGENT_URI"))


def main() -> None:
    """Run a worker with the settings of the environment."""
    with exit_on_startup_error():
        settings = read_settings(WorkerSettings)
        configure_logging(
            "worker", settings.log_format, settings.log_level, settings.log_buffer_kib
        )
        raise_descriptor_limit()
        with traces_of("worker", settings.traces):
            gc.freeze()  # loaded modules live until the end: collections need not scan them
            asyncio.run(_run(settings))


if __name__ == "__main__":
    main()
