"""`coffeeshop topics subscribe`: has a topic's events delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from shop.cli import terminal
from shop.cli.listing import local, zone
from shop.cli.options import AsJson, Url
from shop.client.answers import Json, content
from shop.client.connection import connect, path, staff_key
from shop.client.own_command import words_of_own_command

_LOOKS, _LOOK_SECONDS = 20, 0.3
"""Within these six seconds a challenge is answered, or has failed."""

_NEXT: Mapping[str, Sequence[str]] = {
    "webhook": (
        "The shop now posts a challenge there. Answer with 200 and the body",
        '  {"challenge": "…"}',
        "where … is its data.challenge; then the subscription is active.",
        "Every post is signed with the secret, by https://www.standardwebhooks.com.",
    ),
    "email": (
        "The shop now sends a mail there.",
        "Open the link in it, and the subscription becomes active.",
    ),
    "sqs": ("SNS delivers to the queue from now on.",),
}


@terminal.command
async def subscribe(  # noqa: PLR0913, PLR0917 - an option each
    url: Url,
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic to subscribe to.")],
    webhook: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Post them to this URL, signed.", show_default=False),
    ] = None,
    email: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Mail them there.", show_default=False),
    ] = None,
    queue: Annotated[
        str | None,
        typer.Option(
            metavar="ARN",
            help="Have SNS send them to this SQS queue. For managers.",
            show_default=False,
        ),
    ] = None,
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="Only events of this type: ready, for one; may be repeated.",
            show_default=False,
        ),
    ] = None,
    orders: Annotated[
        list[str] | None,
        typer.Option(
            "--order",
            metavar="ID",
            help="Only events of this order; may be repeated.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """Subscribe to a topic by webhook, e-mail or queue.

    Prints the subscription's id and its manage token (to show, resume and end it) and, for a
    webhook, the signing secret. Token and secret are not shown again.

    **Examples**

    - `coffeeshop topics subscribe coupons --email ada@example.com`
    - `coffeeshop topics subscribe order-events --webhook https://example.com/hook --order ID`
    """
    channels = {
        "webhook": {"channel": "webhook", "url": webhook},
        "email": {"channel": "email", "address": email},
        "sqs": {"channel": "sqs", "queue_arn": queue},
    }
    chosen = [body for body in channels.values() if None not in body.values()]
    if len(chosen) != 1:
        raise typer.BadParameter("give one of --webhook, --email and --queue")
    wanted = {**chosen[0], "filter": {"type": types or [], "order_id": orders or []}}
    async with (
        connect(url, staff_key(url)) as http,
        http.post(path("topics", topic, "subscriptions"), json=wanted) as response,
    ):
        granted = await content(response)
    if as_json:
        terminal.print_json(granted)
    else:
        terminal.say(*_summary(granted))
        terminal.say_command(_to_show(granted, url))
        if granted["channel"] == "webhook":
            terminal.say(await _challenged(url, granted))
    return 0


async def _challenged(url: str, granted: Json) -> str:
    """Look until the webhook has answered the challenge or failed to, and say which."""
    async with connect(url, granted["manage_token"]) as http:
        for _ in range(_LOOKS):
            async with http.get(path("subscriptions", granted["id"])) as response:
                shown = await content(response)
            if shown["state"] == "active":
                return "It has answered the challenge: the subscription is active."
            if challenge := shown.get("challenge"):
                again = f"{local(challenge['next_at'])} {zone()}"
                return f"The challenge failed: {challenge['error']}. The next one: {again}."
            if notice := shown["notice"]:
                return f"The subscription has ended: {notice}."
            await asyncio.sleep(_LOOK_SECONDS)
    return "It has not answered the challenge yet."


def _summary(granted: Json) -> list[str]:
    """Describe the subscription, and what to do next."""
    lines = [
        f"Subscribed to {granted['topic']} by {granted['channel']}; it is {granted['state']}.",
        f"  id            {granted['id']}",
        f"  manage token  {granted['manage_token']}",
    ]
    if secret := granted.get("secret"):
        lines.append(f"  secret        {secret}")
    return [
        *lines,
        "Keep these: they are not shown again.",
        *_NEXT[granted["channel"]],
        "To see its deliveries:",
    ]


def _to_show(granted: Json, url: str) -> list[str]:
    return words_of_own_command(
        *("topics", "show", granted["id"]),
        COFFEE_MANAGE_TOKEN=granted["manage_token"],
        COFFEE_URL=url,
    )
