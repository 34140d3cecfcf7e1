"""Runs the shop: checks the settings, acquires ports and folder, supervises until a signal."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog

from shared.domain.menu import Menu
from shared.domain.shop import Hand
from shared.runtime.lifecycle import raise_descriptor_limit
from shared.runtime.logging import configure_logging
from shared.runtime.settings import EMULATORS_REGION
from shared.runtime.startup import StartupError
from shared.web.listening import local_url
from shop.processes.child import CannotStartError
from shop.processes.console import ShopConsole, StartupBanner
from shop.processes.emulator import Credentials, endpoint_url, new_credentials
from shop.processes.preflight import (
    Settings,
    check_files,
    check_photos,
    check_worker_ports,
    read_all_settings,
)
from shop.processes.programs import EMULATOR_POLL_SECONDS, Programs
from shop.processes.resources import Resources, acquired_resources
from shop.processes.shop import Shop
from shop.processes.signals import stop_signals
from shop.processes.supervisor import supervision
from shop.scaling.metrics_reader import typical_seconds
from shop.scaling.target import Throughput
from shop.settings import ShopSettings
from worker.settings import WorkerSettings

log = structlog.stdlib.get_logger(__name__)

CLOSED, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: closed on request; could not go on; could not start; closed without waiting."""

MARGIN_SECONDS = 5.0
"""After its grace period a service still has its connections and files to close."""


def run() -> int:
    """Run the shop until SIGINT or SIGTERM; return the exit code."""
    gc.freeze()  # what is loaded stays, so no collection needs to visit it
    raise_descriptor_limit()
    try:
        return _run(read_all_settings())
    except StartupError as error:
        return _refuse(MISUSED, *error.lines)
    except KeyboardInterrupt:  # before anything was started
        return INTERRUPTED


def _run(settings: Settings) -> int:
    shop = settings.shop
    quiet = sys.stderr.isatty() and "log_level" not in shop.model_fields_set
    log_level = "WARNING" if quiet else shop.log_level
    configure_logging("shop", shop.log_format, log_level, shop.log_buffer_kib)
    check_photos(shop)
    check_worker_ports(settings)
    with acquired_resources(shop.host, shop.port, shop.state_dir) as resources:
        menu = check_files(settings.cashier)
        mail = settings.notifier.mail_goes_to
        banner = StartupBanner(
            url=local_url(shop.host, resources.port),
            state_dir=shop.state_dir,
            own_key=bool(settings.cashier.staff_key),
            quiet=quiet,
            mail_folder=mail if isinstance(mail, Path) else None,
            photos_wait=shop.photo_workers == 0,
            queues=_queues(shop),
        )
        throughput = _throughput(menu, settings.worker)
        credentials = new_credentials()
        opened = _as_opened(shop, resources, credentials)
        if shop.embeds_emulator:
            credentials.write(
                shop.state_dir / "emulator" / "credentials",
                endpoint_url(resources.emulator_port),
                opened.aws_region,
            )
        programs = Programs(
            *(opened, resources, log_level, credentials, settings.worker.worker_port),
            poll_seconds=_poll_seconds(settings),
        )
        with contextlib.closing(ShopConsole()) as console:
            return asyncio.run(_supervise(programs, banner, throughput, console, settings))


def _queues(shop: ShopSettings) -> str | None:
    """Say where queues and topics are, and how their names begin."""
    if shop.embeds_emulator:
        return None
    elsewhere = shop.aws_endpoint_url
    place = str(elsewhere).rstrip("/") if elsewhere else f"AWS, {shop.aws_region}"
    return f"{place}, names begin with {shop.name_prefix}" if shop.name_prefix else place


def _poll_seconds(settings: Settings) -> int | None:
    """Return how long a poll lasts, unless that is as the services' own settings say."""
    if not settings.shop.embeds_emulator or "poll_seconds" in settings.worker.model_fields_set:
        return None
    return min(EMULATOR_POLL_SECONDS, settings.worker.visibility_timeout - 1)


def _throughput(menu: Menu, worker: WorkerSettings) -> Throughput:
    """Return how fast a barista is, before orders were measured."""
    if worker.barista_hand is Hand.PEOPLE:  # one pair of hands, on as many orders in turn
        seconds = typical_seconds(menu, 1) * worker.worker_concurrency
        return Throughput(seconds, worker.worker_concurrency)
    return Throughput(typical_seconds(menu, worker.brew_speed), worker.worker_concurrency)


async def _supervise(
    programs: Programs,
    banner: StartupBanner,
    throughput: Throughput,
    console: ShopConsole,
    given: Settings,
) -> int:
    settings = programs.settings
    try:
        async with (
            stop_signals() as stop,
            supervision(settings.grace_seconds + MARGIN_SECONDS) as supervisor,
        ):
            shop = Shop(programs, supervisor, console, with_emulator=given.shop.embeds_emulator)
            opening = _open(shop, programs, given, throughput, opened := asyncio.Event())
            async with (
                supervisor.background_task(opening),
                supervisor.background_task(_show_banner(opened, console, banner)),
            ):
                failure = await supervisor.until(stop)
                if failure is None or opened.is_set():
                    console.print(*_closing(settings.grace_seconds))
            await shop.close()
    except asyncio.CancelledError:
        console.print("The shop was closed without waiting.")
        return INTERRUPTED
    if failure is not None:
        return _refuse(FAILED, _explained(failure))
    console.print("The shop is closed.")
    return CLOSED


def _closing(grace_seconds: float) -> Sequence[str]:
    return (
        f"Closing: orders in preparation have {grace_seconds:g} s to get ready,",
        "the others wait for the next opening. A second Ctrl-C does not wait.",
    )


async def _open(
    shop: Shop,
    programs: Programs,
    given: Settings,
    throughput: Throughput,
    opened: asyncio.Event,
) -> None:
    """Open the shop, and do what is the supervisor's own to do; `opened` is set meanwhile."""
    await shop.open()
    from shop.own_tasks import run_own_tasks  # noqa: PLC0415 - no order has to wait for that

    await run_own_tasks(shop, programs, given.cashier.staff_key, throughput, opened)


async def _show_banner(opened: asyncio.Event, console: ShopConsole, banner: StartupBanner) -> None:
    await opened.wait()
    console.print(*banner.lines())


def _explained(failure: BaseException) -> str:
    if isinstance(failure, CannotStartError | StartupError):
        return f"The shop had to close: {failure}"
    log.error("shop.failed", exc_info=failure)
    return "The shop had to close, because of an error of its own."


def _as_opened(
    settings: ShopSettings, resources: Resources, credentials: Credentials
) -> ShopSettings:
    """Return the settings with what was made: ports, store, and the emulator's credentials."""
    update: dict[str, object] = {"port": resources.port, "state_is_made": True}
    if settings.embeds_emulator:
        update["aws_endpoint_url"] = endpoint_url(resources.emulator_port)
        if "aws_region" not in settings.model_fields_set:
            update["aws_region"] = EMULATORS_REGION
        update["aws_access_key_id"] = credentials.access_key_id
        update["aws_secret_access_key"] = credentials.secret_access_key
    return settings.model_copy(update=update)


def _refuse(code: int, *lines: str) -> int:
    sys.stderr.writelines(f"{line}\n" for line in lines)
    return code
