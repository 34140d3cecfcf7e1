"""Runs the shop: checks the settings, takes the premises, keeps it open until told not to."""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path

import structlog

from shared.runtime.logging import configure_logging
from shared.runtime.startup import StartupError
from shop.autoscaling import Scaling
from shop.processes.child import CannotStartError
from shop.processes.console import Notices, Sign
from shop.processes.emulator import endpoint_url
from shop.processes.preflight import Settings, check_files, read_all_settings
from shop.processes.probe import local_url
from shop.processes.programs import Programs
from shop.processes.provision import ProvisioningError
from shop.processes.resources import Premises, premises
from shop.processes.shop import Shop
from shop.processes.signals import closing_time
from shop.processes.supervisor import supervision
from shop.scaling.target import Pace
from shop.scaling.throughput import typical_seconds
from shop.settings import ShopSettings

log = structlog.stdlib.get_logger(__name__)

CLOSED, FAILED, MISUSED, HURRIED = 0, 1, 2, 130
"""Exit codes: closed when asked to; could not go on; could not begin; told not to wait."""

MARGIN_SECONDS = 5.0
"""Past its grace period a service still has its connections and files to close."""


def run() -> int:
    """Run the shop until SIGINT or SIGTERM; return the exit code."""
    gc.freeze()  # what is loaded stays: nobody need look it over, least of all at the end
    try:
        return _run(read_all_settings())
    except StartupError as mistake:
        return _refuse(MISUSED, *mistake.lines)


def _run(settings: Settings) -> int:
    shop = settings.shop
    quiet = sys.stderr.isatty() and "log_level" not in shop.model_fields_set
    log_level = "WARNING" if quiet else shop.log_level
    configure_logging("shop", shop.log_format, log_level)
    with premises(shop.host, shop.port, shop.state_dir) as held:
        menu = check_files(settings.cashier)
        mail = settings.notifier.mail_goes_to
        sign = Sign(
            url=local_url(shop.host, held.port),
            state_dir=shop.state_dir,
            own_key=bool(settings.cashier.staff_key),
            quiet=quiet,
            mail_folder=mail if isinstance(mail, Path) else None,
        )
        pace = Pace(
            typical_seconds(menu, settings.barista.brew_speed), settings.barista.worker_concurrency
        )
        return asyncio.run(_keep_open(shop, held, log_level, sign, pace))


async def _keep_open(
    settings: ShopSettings, held: Premises, log_level: str, sign: Sign, pace: Pace
) -> int:
    notices = Notices()
    programs = Programs(_placed(settings, held), held, log_level)
    stop_seconds = settings.grace_seconds + MARGIN_SECONDS
    try:
        async with closing_time() as stop, supervision(stop_seconds) as supervisor:
            shop = Shop(programs, supervisor, notices, with_emulator=settings.embeds_emulator)
            scaling = Scaling(programs.settings, shop.baristas, pace)
            async with supervisor.meanwhile(_open(shop, notices, sign, scaling)):
                failure = await supervisor.until(stop)
            notices.say("Closing the shop after the orders in hand; a second Ctrl-C does not wait.")
            await shop.close()
    except asyncio.CancelledError:
        notices.say("The shop was closed without waiting.")
        return HURRIED
    if failure is not None:
        return _refuse(FAILED, _explained(failure))
    notices.say("The shop is closed.")
    return CLOSED


async def _open(shop: Shop, notices: Notices, sign: Sign, scaling: Scaling) -> None:
    async def put_up_sign() -> None:
        await scaling.begun.wait()
        notices.say(*sign.lines())

    await shop.open()
    await asyncio.gather(scaling.run(), put_up_sign())


def _explained(failure: BaseException) -> str:
    if isinstance(failure, CannotStartError | ProvisioningError):
        return f"The shop had to close: {failure}"
    log.error("shop.failed", exc_info=failure)
    return "The shop had to close, because of a fault in itself."


def _placed(settings: ShopSettings, held: Premises) -> ShopSettings:
    where: dict[str, object] = {"port": held.port}
    if settings.embeds_emulator:
        where["aws_endpoint_url"] = endpoint_url(held.emulator_port)
    return settings.model_copy(update=where)


def _refuse(code: int, *lines: str) -> int:
    sys.stderr.writelines(f"{line}\n" for line in lines)
    return code
