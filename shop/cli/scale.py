"""`coffeeshop scale`: shows how many baristas there are and why, and changes the number."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Annotated

import typer
from rich.live import Live

from shop.cli import terminal
from shop.cli.listing import fields
from shop.cli.options import AsJson
from shop.scaling.control_client import NoAnswerError, RequestRefusedError, ask
from shop.scaling.control_messages import ScaleRequest, Status
from shop.scaling.target import MOST_BARISTAS

_REFRESH_SECONDS = 1.0


def scale(
    least: Annotated[
        int | None, typer.Option("--min", min=0, max=MOST_BARISTAS, help="At least so many.")
    ] = None,
    most: Annotated[
        int | None, typer.Option("--max", min=0, max=MOST_BARISTAS, help="At most so many.")
    ] = None,
    desired: Annotated[
        int | None,
        typer.Option(min=0, max=MOST_BARISTAS, help="This number now; scaling continues from it."),
    ] = None,
    watch: Annotated[  # noqa: FBT002
        bool, typer.Option("--watch", help="Show it again every second, until Ctrl-C.")
    ] = False,
    as_json: AsJson = False,  # noqa: FBT002
    state_dir: Annotated[
        Path, typer.Option(envvar="COFFEE_STATE_DIR", help="The folder of the shop.")
    ] = Path("var"),
) -> None:
    """Show or set how many baristas the shop on this machine has, while it is open.

    Without options it shows the number. Changes last until the shop closes; it opens again with
    COFFEE_BARISTAS. A barista that is stopped finishes its orders first.

    **Examples**

    - `coffeeshop scale --watch`
    - `coffeeshop scale --min 2 --max 8`
    - `coffeeshop scale --desired 4`
    """
    request = ScaleRequest(least=least, most=most, desired=desired)
    try:
        status = asyncio.run(ask(state_dir, request))
        if watch:
            with contextlib.suppress(KeyboardInterrupt):
                asyncio.run(_show_again(state_dir, status))
        elif as_json:
            typer.echo(status.model_dump_json(indent=2))
        else:
            terminal.show(fields(_summary(status)))
    except NoAnswerError as error:
        terminal.complain(str(error))
        raise typer.Exit(terminal.UNREACHABLE) from None
    except RequestRefusedError as refusal:
        terminal.complain(str(refusal))
        raise typer.Exit(terminal.FAILED) from None


async def _show_again(state_dir: Path, status: Status) -> None:
    with Live(fields(_summary(status)), console=terminal.out(), auto_refresh=False) as live:
        while True:
            await asyncio.sleep(_REFRESH_SECONDS)
            live.update(fields(_summary(await ask(state_dir, ScaleRequest()))), refresh=True)


def _summary(status: Status) -> dict[str, str]:
    each = f"{status.concurrency} at once, {status.prep_seconds:.1f} s for an order"
    backlog, wait = "not known", "not known"
    if status.backlog is not None and status.wait is not None:
        backlog = f"{status.backlog}"
        wait = f"{status.wait:.1f} s, of {status.acceptable_wait:g} s that are acceptable"
    return {
        "Baristas": f"{status.working} at work, {status.leaving} leaving, {each}",
        "Desired": f"{status.desired}, of {status.least} to {status.most}",
        "Backlog": backlog,
        "Wait": wait,
        "Schedule": _floor(status.schedule_floor),
        "Forecast": _floor(status.forecast_floor, shown_only=not status.forecast_counts),
        "Now": status.now,
        "Last change": _last_change(status),
    }


def _floor(count: int | None, *, shown_only: bool = False) -> str:
    if count is None:
        return "none"
    return f"at least {count}" + (" (shown only)" if shown_only else "")


def _last_change(status: Status) -> str:
    change = status.last_change
    if change is None:
        return "none since the shop opened"
    return f"{change.before} -> {change.after} at {change.at:%H:%M:%S} UTC: {change.why}"
