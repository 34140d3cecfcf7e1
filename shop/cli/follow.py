"""`coffeeshop topics follow`: events as they happen, in the terminal."""

from __future__ import annotations

import contextlib
import json
from typing import Annotated

import typer

from shared.domain.visible_text import visible_json
from shop.cli import terminal
from shop.cli.options import AsJson, Url
from shop.client.connection import connect, staff_key
from shop.client.event_summary import summary
from shop.client.live_stream import Event, LiveStream
from shop.client.stream_watcher import StreamWatcher

_OF_ORDERS = frozenset({"order-events", "board"})


def follow(
    url: Url,
    topics: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TOPIC",
            help="Which to follow; board shows order numbers and states.",
            show_default=False,
        ),
    ] = None,
    order: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Only this order's events; no topic is needed.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Follow topics live until Ctrl-C, one line per event, in the local time of this machine.

    After a lost connection it resumes, and says so if events may be missing. All orders at once
    (`order-events` without `--order`) are for staff. `--json` prints one event per line to
    standard output, and everything else to standard error.

    **Examples**

    - `coffeeshop topics follow board coupons`
    - `coffeeshop topics follow --order rjqiebn3nlpmskscwlj3sk4eua`
    - `coffeeshop topics follow order-events --json | jq .data.number`
    """
    selection = _selection(topics or [], order)
    code = terminal.run_at(url, _follow(url, selection, as_json=as_json))
    raise typer.Exit(0 if code == terminal.INTERRUPTED else code)


def _selection(topics: list[str], order: str | None) -> dict[str, str]:
    """Return the stream's query; raises typer.BadParameter when it would select nothing."""
    if order is None:
        if not topics:
            raise typer.BadParameter("name some topics (`coffeeshop topics list` has them)")
        return {"topics": ",".join(topics)}
    if not _OF_ORDERS.issuperset(topics):
        raise typer.BadParameter("only order-events and board are about orders; leave --order out")
    return {"topics": ",".join(topics or ["order-events"]), "order_id": order}


async def _follow(url: str, selection: dict[str, str], *, as_json: bool) -> int:
    say = terminal.complain

    def show(event: Event) -> None:
        if event.kind == "reset":
            say(f"Events may be missing here ({_reason(event)}).")
        elif event.kind == "message":
            typer.echo(visible_json(event.data) if as_json else summary(event.data))

    async with connect(url, staff_key(url)) as http:
        await StreamWatcher(LiveStream(http, **selection), show, say).run()
    return 0


def _reason(event: Event) -> str:
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return str(json.loads(event.data)["reason"])
    return "no reason given"
