"""The actions of clients, staff, the queue and the reconciler."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Coroutine, Hashable
from typing import Any

from shared.domain.order import Order
from tests.model.host import Host
from tests.model.shop import Shop
from tests.model.staff import ASKED, ORDER_ID, OWNER
from tests.support.orders import NOON


def ask(shop: Shop, host: Host) -> None:
    """Let the client send its order."""

    async def place() -> Order:
        return (await shop.counters[host].cashier.place(ASKED)).order

    shop.begin(host, _acknowledged(shop, place()), "place")


def cancel(shop: Shop, host: Host) -> None:
    """Let the client cancel its acknowledged order."""
    canceling = shop.counters[host].moves.cancel(ORDER_ID, None)
    shop.begin(host, _acknowledged(shop, canceling), "cancel")


def collect(shop: Shop, host: Host) -> None:
    """Let staff hand the order over."""
    _move(shop, host, shop.counters[host].moves.collect(ORDER_ID, OWNER), "collect")


def complete(shop: Shop, host: Host, attempt: int) -> None:
    """Let staff say that the drinks are made."""
    completing = shop.counters[host].moves.complete(ORDER_ID, attempt, OWNER)
    _move(shop, host, completing, ("complete", attempt))


def release(shop: Shop, host: Host) -> None:
    """Let staff put the order back in line."""
    _move(shop, host, shop.counters[host].moves.release(ORDER_ID, None, OWNER), "release")


def staff_cancel(shop: Shop, host: Host) -> None:
    """Let staff cancel the order."""
    canceling = shop.counters[host].moves.cancel(ORDER_ID, OWNER, "out of milk")
    _move(shop, host, canceling, "cancel by staff")


def deliver(shop: Shop, ticket: str, *, on_time: bool) -> None:
    """Deliver a ticket to a barista; with `on_time`, first advance the clock to its time."""
    queued = shop.record.tickets[ticket]
    if on_time:
        shop.record.now = max(shop.record.now, queued.at)
    host = shop.new_host()
    shop.baristas[host] = ticket
    host.start(shop.staff.deliver(host, shop.record, queued.message()), ticket)


def announce_again(shop: Shop, host: Host) -> None:
    """Let a cashier announce the changes that it could not announce before."""
    shop.begin(host, shop.counters[host].dispatcher.announce_remaining(), "announce again")


def republish(shop: Shop, host: Host) -> None:
    """Let a cashier republish all recent changes, as a process died before announcing some."""

    async def republisher() -> None:
        far = NOON + dt.timedelta(days=1)
        async for _ in shop.counters[host].republisher.republish(NOON, far):
            pass
        shop.must_republish = False

    shop.begin(host, republisher(), "republish")


def queue_again(shop: Shop, host: Host) -> None:
    """Let a cashier give the order a fresh ticket."""
    assert shop.order is not None
    shop.begin(host, shop.counters[host].dispatcher.requeue(shop.order), "queue again")


def give_up(shop: Shop, ticket: str) -> None:
    """Let SQS dead-letter a ticket: now if a barista still has it, otherwise at its time."""
    if not shop.baristas:
        shop.record.now = max(shop.record.now, shop.record.tickets[ticket].at)
    shop.record.give_up(ticket)
    shop.unread.add(ticket)


def fail(shop: Shop, host: Host) -> None:
    """Let a cashier read the dead letters, after the claim of their order has run out."""
    if shop.order and shop.order.claim and not shop.baristas:
        shop.record.now = max(shop.record.now, shop.order.claim.until)
    failures = shop.staff.failures(host, shop.record, shop.counters[host].dispatcher)

    async def failing() -> None:
        await failures.fail()
        shop.unread -= failures._handled  # noqa: SLF001 - it reads the others again

    _decide(shop, host, failing(), "fail")


def redrive(shop: Shop, host: Host) -> None:
    """Let staff redrive all dead letters."""

    async def redriver() -> None:
        redriver = shop.staff.redrive_by(host, shop.record, shop.counters[host].dispatcher)
        await redriver.redrive(None, dry_run=False)

    _decide(shop, host, redriver(), "redrive")


def _move(shop: Shop, host: Host, moving: Awaitable[Order], what: Hashable) -> None:
    """Let staff move the order; no ticket makes sure that this is announced."""
    shop.moving.add(host)
    shop.begin(host, _acknowledged(shop, moving), what)


def _decide(shop: Shop, host: Host, work: Coroutine[Any, Any, None], what: str) -> None:
    """Let a cashier act on the present dead letters."""
    shop.deciding.add(host)
    shop.begin(host, work, (what, *shop.record.dead_letters))


async def _acknowledged(shop: Shop, answer: Awaitable[Order]) -> None:
    shop.record.acknowledge(await answer)
