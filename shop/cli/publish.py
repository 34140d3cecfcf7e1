"""`coffeeshop topics publish`: sends a newsletter issue to all who subscribe to a topic."""

from __future__ import annotations

import uuid
from typing import Annotated

import typer

from shop.cli import terminal
from shop.cli.options import Url
from shop.client.answers import Json, content
from shop.client.connection import connect_as_staff, path
from shop.client.markdown import UnfinishedError, read_issue
from shop.client.retrier import Retrier

ATTEMPTS = 4


@terminal.command
async def publish(
    url: Url,
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic to publish to.")],
    file: Annotated[
        typer.FileText | None,
        typer.Argument(
            metavar="FILE.md",
            encoding="utf-8-sig",
            help="The issue, in Markdown; - is standard input.",
            show_default=False,
        ),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(
            help="Default: the first # heading, which is then removed from the body.",
            show_default=False,
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(help="The issue itself, in place of a file.", show_default=False),
    ] = None,
) -> int:
    """Publish a newsletter issue. For managers.

    **Examples**

    - `coffeeshop topics publish coupons --subject 'Two for one' --text 'Only *today*.'`
    - `coffeeshop topics publish coffee-trivia issue-12.md`
    - `fortune | coffeeshop topics publish coffee-trivia - --subject 'Did you know?'`

    When it prints the issue's id, the issue is recorded, and it is announced even if the shop
    restarts now. If the answer is lost, the request is repeated; nobody gets the issue twice.
    """
    if (file is None) == (text is None):
        raise typer.BadParameter("give either a file (- is standard input) or --text")
    try:
        issue = read_issue(file.read() if file else text or "", subject)
    except UnicodeDecodeError as error:
        raise typer.BadParameter("the file is not text in UTF-8") from error
    except UnfinishedError as error:
        raise typer.BadParameter(str(error)) from error
    body = {"subject": issue.subject, "body": issue.body}
    headers = {"Idempotency-Key": f"cli-{uuid.uuid4()}"}
    retrier = Retrier(
        attempts=ATTEMPTS,
        on_retry=lambda *pause: terminal.complain(terminal.retry_notice(*pause)),
    )
    async with connect_as_staff(url) as http:

        async def send() -> Json:
            address = path("topics", topic, "messages")
            async with http.post(address, json=body, headers=headers) as response:
                return await content(response)

        issue_id = (await retrier.send(send)).content["id"]
    terminal.say(f"Published to {topic}: {issue.subject}", issue_id)
    return 0
