"""The checker finds every kind of violation, and nothing in a run that went well."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.order import Order, OrderState, TimelineEntry, advance, claim, log_id
from shared.messages.announcement import CloudEvent, order_event
from tests.chaos.evidence import AtRest, DeadLetter, Evidence, Outage
from tests.chaos.invariants import INVARIANTS, violations
from tests.chaos.witness import Deletion, Delivered, Sightings
from tests.support.ledger import Attempt, Ledger, Reply
from tests.support.orders import NOON, an_order

LATER = NOON + dt.timedelta(seconds=30)
Doctor = Callable[[Evidence], Evidence]


def order_for(name: str) -> Order:
    return replace(an_order(), customer_name=name, number="001")


def history(order: Order) -> list[Order]:
    """An order as it was placed, claimed and completed."""
    claimed = claim(order, "ticket", NOON, LATER)
    return [order, claimed, advance(claimed, OrderState.READY, LATER)]


def shown(order: Order) -> dict[str, Any]:
    lines = [
        {"item": line.item, "size": line.size, "quantity": line.quantity, "total": line.total}
        for line in order.items
    ]
    return {
        "id": order.id,
        "customer_name": order.customer_name,
        "total": order.total,
        "items": lines,
    }


def reply(order: Order, key: str, **changes: Any) -> Reply:
    return Reply(key, 201, 1, 2, shown(order) | changes)


def logged(order: Order) -> list[dict[str, Any]]:
    return [
        {"event": event, "order": log_id(order.id), "attempt": order.attempt}
        for event in ("order.claimed", "order.ready")
    ]


def a_good_run() -> Evidence:
    """Two orders: acknowledged, claimed, ready, announced, their tickets deleted; one poison."""
    histories = [history(order_for(name)) for name in ("Ada", "Bob")]
    orders = [states[-1] for states in histories]
    keys = ["key of Ada", "key of Bob"]
    return Evidence(
        ledger=Ledger(
            [Attempt(key, order.customer_name, 1) for key, order in zip(keys, orders, strict=True)],
            [reply(order, key) for key, order in zip(keys, orders, strict=True)],
        ),
        orders=orders,
        announcements=[order_event(state) for states in histories for state in states],
        at_rest=AtRest(0, 0),
        hooked=[order_event(state) for states in histories for state in states],
        secrets=["https://ada.example/?key=1"],
        seen=Sightings(
            deliveries=[Delivered("barista-1", order.id, order.id, "{}", 1) for order in orders],
            deletions=[
                *(Deletion(order.id, order.id, order.state, True, False) for order in orders),
                Deletion("poison", None, None, False, True),
            ],
        ),
        dead_letters=[DeadLetter("poison", "not a ticket")],
        poison=["poison"],
        logs=[line for order in orders for line in logged(order)],
    )


def with_order(change: Callable[[Order], Order]) -> Doctor:
    """Doctor the first order in the store."""
    return lambda run: replace(run, orders=[change(run.orders[0]), *run.orders[1:]])


def with_reply(change: Callable[[Evidence], Reply]) -> Doctor:
    """Doctor the log by one more answer."""

    def doctor(run: Evidence) -> Evidence:
        ledger = replace(run.ledger, replies=[*run.ledger.replies, change(run)])
        return replace(run, ledger=ledger)

    return doctor


def with_announcement(change: Callable[[CloudEvent], CloudEvent]) -> Doctor:
    """Doctor the received events by one more announcement, made from the first order's last."""
    return lambda run: replace(
        run, announcements=[*run.announcements, change(run.announcements[2])]
    )


def with_deletion(**changes: Any) -> Doctor:
    """Doctor the first deletion."""

    def doctor(run: Evidence) -> Evidence:
        first, *others = run.seen.deletions
        return replace(run, seen=replace(run.seen, deletions=[replace(first, **changes), *others]))

    return doctor


def saying(**changes: Any) -> Callable[[CloudEvent], CloudEvent]:
    return lambda event: event.model_copy(update={"data": event.data | changes})


VIOLATIONS: list[tuple[str, str, Doctor]] = [
    ("I1", "vanished", lambda run: replace(run, orders=run.orders[1:], announcements=())),
    (
        "I1",
        "not finished",
        with_order(lambda order: replace(order, state=OrderState.PREPARING)),
    ),
    ("I2", "unexpected", with_order(lambda order: replace(order, customer_name="Eve"))),
    ("I3", "stored twice", lambda run: replace(run, orders=[*run.orders, order_for("Ada")])),
    (
        "I3",
        "acknowledged as two orders",
        with_reply(lambda _: reply(order_for("Ada"), "key of Ada")),
    ),
    (
        "I3",
        "acknowledged to two keys",
        with_reply(lambda run: reply(run.orders[0], "key of Bob")),
    ),
    (
        "I4",
        "a step that may not be",
        with_order(lambda order: replace(order, timeline=(order.timeline[0], order.timeline[2]))),
    ),
    ("I4", "a version left out", with_order(lambda order: replace(order, version=4))),
    (
        "I4",
        "ready twice",
        with_order(
            lambda order: replace(order, timeline=(*order.timeline, order.timeline[2]), version=4)
        ),
    ),
    (
        "I4",
        "not in the state that it reached",
        with_order(lambda order: replace(order, state=OrderState.COLLECTED)),
    ),
    ("I5", "not announced", lambda run: replace(run, announcements=run.announcements[:-1])),
    (
        "I5",
        "announced under another id",
        with_announcement(lambda event: event.model_copy(update={"id": "another:3"})),
    ),
    ("I5", "not received by webhook", lambda run: replace(run, hooked=run.announcements[:-1])),
    ("I5", "announced as something else", with_announcement(saying(state="failed"))),
    (
        "I6",
        "another price",
        with_reply(lambda run: reply(run.orders[0], "key of Ada", total=1)),
    ),
    (
        "I6",
        "other lines",
        with_reply(lambda run: reply(run.orders[0], "key of Ada", items=[])),
    ),
    ("I7", "before it was durable", with_deletion(state=OrderState.PREPARING)),
    ("I7", "before it was announced", with_deletion(announced=False)),
    ("I7", "without a copy", with_deletion(order_id=None, state=None, announced=False)),
    ("I8", "claimed twice", lambda run: replace(run, logs=[*run.logs, run.logs[0]])),
    ("I8", "completed twice", lambda run: replace(run, logs=[*run.logs, run.logs[1]])),
    (
        "I8",
        "completed by a zombie",
        with_order(lambda order: replace(order, attempt=2)),
    ),
    ("I8", "announced by a zombie", with_announcement(saying(attempt=2))),
    ("I9", "poison that vanished", lambda run: replace(run, dead_letters=())),
    (
        "I9",
        "poison that was copied twice",
        lambda run: replace(run, dead_letters=[*run.dead_letters, *run.dead_letters]),
    ),
    ("I9", "no reason", lambda run: replace(run, dead_letters=[DeadLetter("poison", None)])),
    (
        "I9",
        "delivered too often",
        lambda run: replace(run, seen=replace(run.seen, deliveries=run.seen.deliveries * 6)),
    ),
    ("I10", "visible", lambda run: replace(run, at_rest=AtRest(1, 0))),
    ("I10", "in flight", lambda run: replace(run, at_rest=AtRest(0, 1))),
    ("I10", "not accounted for", lambda run: replace(run, orders=run.orders[1:])),
    ("I11", "during an outage", lambda run: replace(run, outages=[Outage(0.5, 3)])),
    (
        "I15",
        "a name in the log",
        lambda run: replace(run, logs=[*run.logs, {"event": "order.placed", "who": "Ada"}]),
    ),
    (
        "I15",
        "another secret in the log",
        lambda run: replace(run, logs=[*run.logs, {"url": "https://ada.example/?key=1"}]),
    ),
    ("I15", "a key in an announcement", with_announcement(saying(key="key of Bob"))),
]


@pytest.mark.parametrize(
    ("invariant", "doctor"),
    [(invariant, doctor) for invariant, _, doctor in VIOLATIONS],
    ids=[f"{invariant}: {what}" for invariant, what, _ in VIOLATIONS],
)
def test_a_violation_is_found(invariant: str, doctor: Doctor) -> None:
    found = violations(doctor(a_good_run()))
    assert invariant in {violation.invariant for violation in found}
    assert all(violation.detail for violation in found)


def test_every_invariant_has_a_violation_that_is_found() -> None:
    assert {invariant for invariant, _, _ in VIOLATIONS} == set(INVARIANTS)


def test_a_good_run_breaks_nothing() -> None:
    assert violations(a_good_run()) == []


def test_what_is_only_delivered_or_announced_again_is_counted_and_breaks_nothing() -> None:
    run = a_good_run()
    again = replace(
        run,
        announcements=[*run.announcements, *run.announcements],
        seen=replace(run.seen, deliveries=[*run.seen.deliveries, run.seen.deliveries[0]]),
    )
    assert violations(again) == []
    assert again.duplicate_deliveries == 1


def test_lost_orders_and_duplicate_ones_are_counted() -> None:
    run = a_good_run()
    ada, bob = run.orders
    twin = replace(ada, id="twin")
    counted = replace(run, orders=[ada, twin])
    assert counted.lost == [bob.id]
    assert counted.duplicate_orders == 1


def test_an_order_that_was_sent_before_an_outage_may_be_acknowledged_during_it() -> None:
    run = a_good_run()
    assert violations(replace(run, outages=[Outage(1.5, 3)])) == []


def test_a_redriven_order_moves_as_it_may() -> None:
    run = a_good_run()
    steps = ("placed", "preparing", "failed", "placed", "preparing", "ready", "collected")
    timeline = tuple(TimelineEntry(OrderState(step), NOON) for step in steps)
    order = replace(
        run.orders[0], timeline=timeline, version=7, state=OrderState.COLLECTED, attempt=1
    )
    found = violations(replace(run, orders=[order, run.orders[1]]))
    assert {violation.invariant for violation in found} == {"I5"}


def test_the_log_of_clients_knows_which_answers_no_fault_excuses() -> None:
    answers = [
        Reply("a", 201, 1, 2, {"id": "1"}),
        Reply("b", 503, 1, 2, retry_after="5"),
        Reply("c", 503, 1, 2),
        Reply("d", 500, 1, 2, retry_after="5"),
    ]
    assert [answer.is_improper for answer in answers] == [False, False, True, True]
    assert Ledger(replies=answers).statuses == Counter({503: 2, 201: 1, 500: 1})
