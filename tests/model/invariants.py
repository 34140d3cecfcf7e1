"""The invariants, checked at every change, and once no work is left."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from shared.domain.order import TRANSITIONS, Order, OrderState
from shared.messages.announcement import CloudEvent, OrderChange

FAILED = OrderState.FAILED
UNFINISHED = frozenset({OrderState.PLACED, OrderState.PREPARING})


class InvariantBrokenError(Exception):
    """An invariant does not hold; `path` are the steps that led there."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(name, what)
        self.name = name
        self.what = what
        self.path: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n  ".join((f"{self.name}: {self.what}", *self.path))


def hold(name: str, what: str, *, when: bool) -> None:
    if not when:
        raise InvariantBrokenError(name, what)


def on_creating(recorded: Order | None) -> None:
    hold("I3", "one key, two orders", when=recorded is None)


def on_replacing(recorded: Order, before: Order, after: Order) -> None:
    """Check a successful write, made by a process that had read the order as `before`."""
    hold("I6", "what was ordered was changed", when=_as_placed(after) == _as_placed(recorded))
    if after.attempt > before.attempt:
        hold("I8", "two hold one attempt", when=after.attempt > recorded.attempt)
    else:
        hold("I8", "a zombie's write was taken", when=after.attempt == recorded.attempt)
    if after.state is recorded.state:
        hold("I4", "a version without a change", when=after.version == recorded.version)
    else:
        hold("I4", "no such transition", when=after.state in TRANSITIONS[recorded.state])
        hold("I4", "a version left out", when=after.version == recorded.version + 1)
    history = [entry.state for entry in after.timeline]
    hold("I4", "ready twice", when=history.count(OrderState.READY) <= 1)
    hold("I4", "history rewritten", when=_begins_with(after, recorded))


def on_failing(order: Order | None, redrivable: Collection[str]) -> None:
    """Check an order after a change, or after one of its dead letters was deleted."""
    failed = order is not None and order.state is FAILED
    can_go_on = order is not None and order.id in redrivable
    hold("I1", "an order has failed, and nobody can redrive it", when=can_go_on or not failed)


def on_announcing(recorded: Order | None, event: CloudEvent) -> None:
    change = OrderChange.model_validate(event.data)
    durable = recorded is not None and change.version <= recorded.version
    hold("I5", "announced without a record", when=durable)
    if recorded is not None and durable:
        entry = recorded.timeline[change.version - 1]
        same = (change.state, event.time) == (entry.state, entry.at)
        hold("I5", "one event id for two changes", when=same)


def on_deleting(
    recorded: Order | None, announced: Collection[str], replaced: int | None = None
) -> None:
    """Check that a ticket's work is done; one that is `replaced` from a version on, up to there."""
    finished = recorded is not None and recorded.state not in UNFINISHED
    is_served = finished or replaced is not None
    hold("I7", "a ticket is gone before its effect is durable", when=is_served)
    if recorded is not None:
        its_own = _by_baristas(recorded)[:replaced]
        unannounced = [event for event in its_own if event and event not in announced]
        hold("I7", f"a ticket is gone, not announced: {unannounced}", when=not unannounced)


def on_acknowledging(
    order: Order, earlier: Order, recorded: Order | None, ticketed: Collection[str]
) -> None:
    hold("I11", "2xx without a record", when=recorded is not None)
    waits = order.state is OrderState.PLACED
    hold("I11", "2xx without a ticket", when=not waits or order.id in ticketed)
    hold("I3", "one key, two numbers", when=order.number == earlier.number)
    kept = recorded is not None and _as_placed(order) == _as_placed(recorded)
    hold("I6", "what was acknowledged is not what is recorded", when=kept)


def at_rest(
    orders: Mapping[str, Order],
    acknowledged: Collection[str],
    ticketed: Collection[str],
    announced: Collection[str],
) -> None:
    """Check a shop in which nothing is queued or under way."""
    for order in orders.values():
        finished = order.state not in UNFINISHED
        hold("I1", "an acknowledged order is lost", when=finished or order.id not in acknowledged)
        hold("I10", "an order is left lying", when=finished or order.id not in ticketed)
        if order.id in {*acknowledged, *ticketed}:
            unannounced = [event for event in _event_ids(order) if event not in announced]
            hold("I5", f"not announced: {unannounced}", when=not unannounced)


def _by_baristas(order: Order) -> list[str]:
    """The event id of each change that the holder of the ticket announces; "" for the others.

    Cashiers announce those: what staff did, and all changes up to the last new placing.
    """
    states = [entry.state for entry in order.timeline]
    anew = len(states) - states[::-1].index(FAILED) + 1 if FAILED in states else 0
    return [
        "" if version <= anew or entry.by else f"{order.id}:{version}"
        for version, entry in enumerate(order.timeline, 1)
    ]


def _event_ids(order: Order) -> list[str]:
    return [f"{order.id}:{version}" for version in range(1, order.version + 1)]


def _as_placed(order: Order) -> Sequence[object]:
    """The fields that must stay as they were when the order was placed."""
    return (
        order.number,
        order.store_id,
        order.customer_name,
        order.items,
        order.currency,
        order.prep_seconds,
        order.timeline[0],
        order.fingerprint,
        order.correlation_id,
        order.estimate,
    )


def _begins_with(after: Order, recorded: Order) -> bool:
    return after.timeline[: len(recorded.timeline)] == recorded.timeline
