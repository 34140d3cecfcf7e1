"""The steps that can happen next, by name: first those that must happen, then those that may."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain

from shared.domain.order import OrderState
from tests.model import deeds, faults
from tests.model.host import Call, Host
from tests.model.shop import Shop
from tests.model.staff import ORDER_ID

Step = Callable[[], None]
_MOVABLE = frozenset({OrderState.PLACED, OrderState.PREPARING, OrderState.READY})
Named = Iterator[tuple[str, Step]]


def next_steps(shop: Shop) -> Named:
    """Name every step that can be taken, each once."""
    named: Counter[str] = Counter()
    due = [*_due(shop)] or _completing(shop)
    for name, step in chain(due, _requests(shop), _faults(shop)):
        yield name + "'" * named[name], step
        named[name] += 1


def step_of_name(shop: Shop, wanted: str) -> Step | None:
    """Find the step of that name, if it can be taken."""
    return next((step for name, step in next_steps(shop) if name == wanted), None)


def _due(shop: Shop) -> Named:
    for host in shop.hosts:
        for call in host.calls:
            if call.is_due():
                yield f"{host.name}: {call.what}", partial(host.perform, call)
    for call in shop.late:
        yield f"late: {call.what}", partial(faults.land, shop, call)
    for ticket in _deliverable(shop):
        # Time passes by itself only when no barista works: a working one renews its claim.
        in_time = not shop.baristas or shop.record.tickets[ticket].at <= shop.record.now
        if in_time and ticket not in shop.baristas.values():
            yield f"{ticket} is delivered", partial(deeds.deliver, shop, ticket, on_time=True)
    yield from _reconciling(shop)


def _completing(shop: Shop) -> Named:
    """When nothing else happens, people have made the drinks at last, and one says so."""
    order = shop.order
    if shop.staff.people and order is not None and order.state is OrderState.PREPARING:
        first = next(iter(shop.counters))
        done = partial(deeds.complete, shop, first, order.attempt)
        yield f"{first.name} is to complete {order.attempt} at last", done


def _reconciling(shop: Shop) -> Named:
    for host, counter in shop.counters.items():
        if counter.dispatcher.unannounced_since and not host.tasks:
            yield f"{host.name} announces again", partial(deeds.announce_again, shop, host)
    first = next(iter(shop.counters))
    if shop.must_republish and not first.tasks:
        yield f"{first.name} republishes everything", partial(deeds.republish, shop, first)
    for host in _unlike(shop.counters) if shop.must_read else ():
        # Not repeatedly while a barista works under the claim that must run out first.
        if not host.tasks and not (shop.baristas and shop.is_claimed):
            yield f"{host.name} reads dead letters", partial(deeds.fail, shop, host)
    if shop.needs_fresh_ticket:
        yield f"{first.name} gives a fresh ticket", partial(deeds.queue_again, shop, first)


def _requests(shop: Shop) -> Named:
    state = shop.order.state if shop.order else None
    for host in _unlike(shop.counters):
        if ORDER_ID not in shop.record.acknowledged:
            asked = partial(deeds.ask, shop, host)
            yield from _bounded(shop, "asks", f"{host.name} is asked", asked)
        elif state is OrderState.PLACED:
            canceled = partial(deeds.cancel, shop, host)
            yield from _bounded(shop, "cancels", f"{host.name} is to cancel", canceled)
        if state in _MOVABLE and ORDER_ID in shop.record.ticketed:
            yield from _by_staff(shop, host, state)
        if state is OrderState.READY:
            collected = partial(deeds.collect, shop, host)
            yield from _bounded(shop, "collects", f"{host.name} is to hand out", collected)
        if shop.record.dead_letters:
            redriven = partial(deeds.redrive, shop, host)
            yield from _bounded(shop, "redrives", f"{host.name} is to redrive", redriven)
        if shop.unfinished:
            again = partial(deeds.queue_again, shop, host)
            yield from _bounded(shop, "extra_tickets", f"{host.name} is too careful", again)


def _by_staff(shop: Shop, host: Host, state: OrderState) -> Named:
    canceled = partial(deeds.staff_cancel, shop, host)
    yield from _bounded(shop, "staff_cancels", f"{host.name} is to cancel for staff", canceled)
    if state is OrderState.PREPARING:
        assert shop.order is not None
        attempt = shop.order.attempt
        completed = partial(deeds.complete, shop, host, attempt)
        yield from _bounded(shop, "completes", f"{host.name} is to complete {attempt}", completed)
        released = partial(deeds.release, shop, host)
        yield from _bounded(shop, "releases", f"{host.name} is to release", released)


def _faults(shop: Shop) -> Named:
    for ticket in _deliverable(shop):
        if ticket in shop.baristas.values():
            again = partial(deeds.deliver, shop, ticket, on_time=False)
            yield from _bounded(shop, "repeats", f"{ticket} is delivered again", again)
    for ticket in shop.record.tickets:
        given_up = partial(deeds.give_up, shop, ticket)
        yield from _bounded(shop, "give_ups", f"SQS gives up on {ticket}", given_up)
    for host in shop.hosts:
        yield from _faults_of(shop, host)
    yield from _bounded(shop, "jumps", "all clocks jump", partial(faults.jump, shop))
    if shop.order:
        everything = partial(faults.black_out, shop)
        yield from _bounded(shop, "black_outs", "everything dies", everything)


def _faults_of(shop: Shop, host: Host) -> Named:
    for fate, late in _fates(host.calls):
        killed = partial(faults.kill, shop, host, late)
        yield from _bounded(shop, "crashes", f"{host.name} dies{fate}", killed)
        if host in shop.baristas:
            stopped = partial(faults.stop, shop, host, late)
            yield from _bounded(shop, "stops", f"{host.name} is stopped{fate}", stopped)
    for call in filter(Call.may_be_lost, host.calls):
        for fate, late in _fates([call]):
            lost = partial(faults.lose, shop, host, call, late)
            what = f"{host.name} gets no answer to {call.what}{fate}"
            yield from _bounded(shop, "losses", what, lost)


def _fates(calls: Sequence[Call]) -> Iterator[tuple[str, Sequence[Call]]]:
    """What can happen to requests whose caller is gone: they are lost, or take effect late."""
    if calls:
        yield "", ()
    if changing := [call for call in calls if call.changes]:
        yield f", but {', '.join(call.what for call in changing)} will arrive", changing


def _deliverable(shop: Shop) -> Sequence[str]:
    return [*shop.record.tickets] if len(shop.baristas) < shop.left["baristas"] else []


def _unlike(hosts: Iterable[Host]) -> Collection[Host]:
    """Leave out hosts in the same state as another: they would do the same."""
    return {host.memory: host for host in reversed([*hosts])}.values()


def _bounded(shop: Shop, bound: str, name: str, step: Step) -> Named:
    def counted() -> None:
        shop.left[bound] -= 1
        step()

    if shop.left[bound] > 0:
        yield name, counted
