"""The notifier as a service: its operations, its checks, and what runs beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from aiohttp import web

from notifier.build import build_notifier
from notifier.context import NOTIFIER
from notifier.http.asyncapi import get_asyncapi
from notifier.http.dead_letters import DEAD_LETTER_OPERATIONS
from notifier.http.events import get_events
from notifier.http.forget_subscriber import forget_subscriber
from notifier.http.issues import ISSUE_OPERATIONS
from notifier.http.mail_links import MAIL_LINK_OPERATIONS
from notifier.http.mailbox import MAILBOX_OPERATIONS
from notifier.http.pages.archive_page import get_archive_page
from notifier.http.pages.issues_page import get_issues_page
from notifier.http.pages.manage_page import get_manage_page
from notifier.http.pages.newsletters_page import get_newsletters_page
from notifier.http.pages.shell import SHELL
from notifier.http.problems import NOTIFIER_PROBLEMS
from notifier.http.subscriptions import SUBSCRIPTION_OPERATIONS
from notifier.http.topics import TOPIC_OPERATIONS
from notifier.settings import NotifierSettings
from shared.runtime.refusals import started
from shared.web.health import METRICS
from shared.web.operation import Operation
from shared.web.service import Service

NOTIFIER_OPERATIONS: Sequence[Operation] = (
    *TOPIC_OPERATIONS,
    *ISSUE_OPERATIONS,
    *DEAD_LETTER_OPERATIONS,
    *SUBSCRIPTION_OPERATIONS,
    *MAIL_LINK_OPERATIONS,
    forget_subscriber,
    get_events,
    get_asyncapi,
    *MAILBOX_OPERATIONS,
    get_newsletters_page,
    get_manage_page,
    get_archive_page,
    get_issues_page,
    *SHELL.operations(),
)


def notifier_service(settings: NotifierSettings) -> Service:
    """Describe the notifier."""
    broker_reset = asyncio.Event()

    async def lifespan(app: web.Application) -> AsyncIterator[None]:
        built = build_notifier(settings, broker_reset, app[METRICS])
        async with started(built) as app[NOTIFIER]:
            yield

    return Service(
        operations=NOTIFIER_OPERATIONS,
        problems=NOTIFIER_PROBLEMS,
        staff_keys=lambda app: app[NOTIFIER].staff_keys.staff_keys(),
        readiness={
            "live feed": lambda app: app[NOTIFIER].live_queue.check(),
            "deliveries": _check_deliveries,
        },
        lifespans=[lifespan],
        drains=[
            lambda app: app[NOTIFIER].deliveries.drain(),
            lambda app: app[NOTIFIER].live_queue.finish(),
        ],
        shutdowns=[lambda app: app[NOTIFIER].hub.close()],
        broker_resets=[broker_reset],
    )


async def _check_deliveries(app: web.Application) -> None:
    await app[NOTIFIER].deliveries.service.check()
