"""The pages of mail in the table of operations."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

from notifier.mail import pages
from shared.web.assets import asset_operations
from shared.web.operation import Answer, Handler, Operation, Role

_ASSETS = Path(__file__).with_name("assets")


def _page(method: str, path: str, summary: str, handler: Handler) -> Operation:
    return Operation(
        method,
        path,
        summary,
        handler,
        answers={HTTPStatus.OK: Answer("The page", media_type="text/html")},
        role=Role.HOLDER,
        tag="pages",
        documented=False,
    )


MAIL_OPERATIONS: Sequence[Operation] = (
    _page("GET", "/unsubscribe", "Ask whether to unsubscribe", pages.ask_to_unsubscribe),
    _page("POST", "/unsubscribe", "Unsubscribe", pages.unsubscribe),
    _page("GET", "/subscriptions/{id}/confirm", "Ask whether to confirm", pages.ask_to_confirm),
    *asset_operations(
        {
            "/newsletters/pages.css": _ASSETS / "pages.css",
            "/newsletters/cup.svg": _ASSETS / "cup.svg",
        }
    ),
)
