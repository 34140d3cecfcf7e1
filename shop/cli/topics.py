"""`coffeeshop topics`: what the shop announces, and how to follow or subscribe to it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

import typer

from shop.cli import terminal
from shop.cli.delivery_dead_letters import dead_letters, redrive
from shop.cli.follow import follow
from shop.cli.listing import Entry, listing
from shop.cli.options import AsJson, Url
from shop.cli.publish import publish
from shop.cli.subscribe import subscribe
from shop.cli.subscriptions import resume, show, unsubscribe
from shop.client.answers import content
from shop.client.connection import connect, connect_as_staff, path

STAFF = "For staff"

topics = typer.Typer(
    name="topics",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""Follow what the shop announces, subscribe to it, and publish newsletters.

    A topic is what events are about: `order-events` is about orders, the others are newsletters.
    Follow one here, in the terminal, or have its events delivered to a webhook, an e-mail
    address or an SQS queue.

    **Examples**

    - `coffeeshop topics list`
    - `coffeeshop topics follow coupons`
    - `coffeeshop topics publish coupons --subject 'Two for one' --text 'Only today.'`
    - `coffeeshop topics subscribe coupons --webhook https://example.com/hook`
    """,
)


@topics.command("list")
@terminal.command
async def list_(url: Url, as_json: AsJson = False) -> int:  # noqa: FBT002
    """List the topics, and how many follow each: subscriptions, and live streams.

    **Examples**

    - `coffeeshop topics list`
    - `coffeeshop topics list --json | jq -r '.[].name'`
    """
    async with connect(url) as http, http.get("topics") as response:
        listed = (await content(response))["topics"]
    if as_json:
        terminal.print_json(listed)
        return 0
    entries = [
        Entry((str(one["subscribers"]), one["name"]), (one["description"] or "-",))
        for one in listed
    ]
    terminal.show(listing(("Subscribers", "Topic"), entries))
    return 0


topics.command()(follow)
topics.command()(subscribe)
topics.command()(show)
topics.command()(resume)
topics.command()(unsubscribe)


@topics.command(rich_help_panel=STAFF)
@terminal.command
async def create(
    url: Url,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Small letters, digits and -, as in todays-roast.")
    ],
    description: Annotated[str, typer.Option(help="What it is about, in up to 200 characters.")],
) -> int:
    """Add a topic, or describe it anew. For managers.

    **Example**

    - `coffeeshop topics create todays-roast --description 'What is in the grinder'`
    """
    body = {"description": description}
    async with (
        connect_as_staff(url) as http,
        http.put(path("topics", name), json=body) as response,
    ):
        await content(response)
        is_new = response.status == HTTPStatus.CREATED
    terminal.say(f"{name} is new." if is_new else f"{name} is described anew.")
    return 0


topics.command(rich_help_panel=STAFF)(publish)
topics.command("dead-letters", rich_help_panel=STAFF)(dead_letters)
topics.command(rich_help_panel=STAFF)(redrive)
