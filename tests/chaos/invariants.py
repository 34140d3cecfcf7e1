"""Checks which invariants of the shop the evidence of a run breaks.

The method is that of Jepsen's total-queue checker: attempted, acknowledged and finished are
multisets; what is lost or unexpected breaks an invariant, what is only delivered twice does not.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from shared.domain.order import TRANSITIONS, Order, OrderState, log_id
from shared.messages.announcement import CloudEvent
from tests.chaos.evidence import FINISHED, Evidence
from tests.chaos.witness import is_copy

_WITH_SECRETS = 10
"""For how many customers the logs are searched: a leak of one is a leak of all."""


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold, and where."""

    invariant: str
    detail: str


def violations(evidence: Evidence) -> Sequence[Violation]:
    """Check every invariant against the evidence."""
    return [
        Violation(invariant, detail)
        for invariant, broken in INVARIANTS.items()
        for detail in broken(evidence)
    ]


def every_acknowledged_order_is_finished(evidence: Evidence) -> Iterator[str]:
    """I1."""
    states = {order.id: order.state for order in evidence.orders}
    for order_id in evidence.lost:
        yield f"{order_id} was acknowledged and is {states.get(order_id, 'nowhere')}"


def no_order_is_unexpected(evidence: Evidence) -> Iterator[str]:
    """I2."""
    attempted = {attempt.customer_name for attempt in evidence.ledger.attempts}
    for order in evidence.orders:
        if order.customer_name not in attempted:
            yield f"{order.id} for {order.customer_name!r} was never asked for"


def one_key_is_one_order(evidence: Evidence) -> Iterator[str]:
    """I3: one key is never acknowledged or stored as two orders, nor two keys as one."""
    keys = {attempt.customer_name: attempt.key for attempt in evidence.ledger.attempts}
    wanted = [order for order in evidence.orders if order.remake_of is None]
    stored = Counter(keys.get(order.customer_name) for order in wanted)
    for key, count in stored.items():
        if key is not None and count > 1:
            yield f"key {key} has {count} orders"
    pairs = {(reply.key, reply.order["id"]) for reply in evidence.ledger.replies if reply.order}
    for key, count in Counter(key for key, _ in pairs).items():
        if count > 1:
            yield f"key {key} was acknowledged {count} orders"
    for order_id, count in Counter(order_id for _, order_id in pairs).items():
        if count > 1:
            yield f"{order_id} was acknowledged to {count} keys"


def states_move_as_they_may(evidence: Evidence) -> Iterator[str]:
    """I4: along TRANSITIONS, the version by one each time, and ready once."""
    for order in evidence.orders:
        states = [entry.state for entry in order.timeline]
        if states[0] is not OrderState.PLACED or states[-1] is not order.state:
            yield f"{order.id} goes from {states[0]} to {states[-1]} and is {order.state}"
        for before, after in pairwise(states):
            if after not in TRANSITIONS[before]:
                yield f"{order.id} went from {before} to {after}"
        if order.version != len(states):
            yield f"{order.id} has version {order.version} after {len(states)} states"
        if states.count(OrderState.READY) > 1:
            yield f"{order.id} was ready {states.count(OrderState.READY)} times"


def every_change_is_announced(evidence: Evidence) -> Iterator[str]:
    """I5: every subscriber receives each change under one id, and nothing that did not happen."""
    yield from _differences(evidence, evidence.announcements)
    if evidence.hooked is not None:
        for detail in _differences(evidence, evidence.hooked):
            yield f"by webhook, {detail}"


def _differences(evidence: Evidence, events: Sequence[CloudEvent]) -> Iterator[str]:
    received: dict[str, set[str]] = {}
    for event in events:
        received.setdefault(event.id, set()).add(event.data["state"])
    happened = {change: state for order in evidence.orders for change, state in _changes(order)}
    for change, state in happened.items():
        if change not in received:
            yield f"{change} ({state}) was not announced"
    for change, states in received.items():
        if states != {happened.get(change)}:
            yield f"{change} is {happened.get(change)} and was announced as {sorted(states)}"


def what_was_acknowledged_is_stored(evidence: Evidence) -> Iterator[str]:
    """I6: name, lines and prices."""
    stored = {order.id: order for order in evidence.orders}
    for reply in evidence.ledger.replies:
        order = stored.get(reply.order["id"]) if reply.order else None
        if reply.order is not None and order is not None:
            lines = [(line.item, line.size, line.quantity, line.total) for line in order.items]
            replied_lines = [tuple(x[n] for n in _LINE) for x in reply.order["items"]]
            shown = (reply.order["customer_name"], reply.order["total"], replied_lines)
            if shown != (order.customer_name, order.total, lines):
                yield f"{order.id} was acknowledged as {shown}"


_LINE = ("item", "size", "quantity", "total")


def tickets_are_deleted_only_after_their_effect(evidence: Evidence) -> Iterator[str]:
    """I7: durable and announced, or a dead letter with its copy made, or replaced by another."""
    for deletion in evidence.seen.deletions:
        served = deletion.state in FINISHED and deletion.announced
        if not served and not deletion.dead_lettered and not deletion.replaced:
            known = "announced" if deletion.announced else "not announced"
            yield (
                f"ticket {deletion.message_id} of {deletion.order_id} was deleted while the "
                f"order was {deletion.state}, its end {known}"
            )


def only_the_current_attempt_completes(evidence: Evidence) -> Iterator[str]:
    """I8: each attempt is one barista's, and one of them, the last, makes the order ready."""
    attempts = {log_id(order.id): order.attempt for order in evidence.orders}
    claims = Counter(_logged(evidence, "order.claimed"))
    for (order_id, attempt), count in claims.items():
        if count > 1:
            yield f"attempt {attempt} at {order_id} was claimed {count} times"
    completions = _logged(evidence, "order.ready")
    for order_id, count in Counter(order_id for order_id, _ in completions).items():
        if count > 1:
            yield f"{order_id} was completed {count} times"
    announced = [
        (log_id(event.data["order_id"]), event.data["attempt"])
        for event in evidence.announcements
        if event.data["state"] == OrderState.READY
    ]
    for order_id, attempt in {*completions, *announced}:
        if attempt != attempts.get(order_id):
            yield f"{order_id} was made ready by attempt {attempt} of {attempts.get(order_id)}"


def poison_is_dead_lettered(evidence: Evidence) -> Iterator[str]:
    """I9: once and with a reason, after no more than the maximal number of receives."""
    for body in evidence.poison:
        letters = [letter for letter in evidence.dead_letters if is_copy(letter.body, body)]
        if len(letters) != 1:
            yield f"poison is among the dead letters {len(letters)} times: {body[:80]!r}"
        if not all(letter.reason for letter in letters):
            yield f"a dead letter has no reason: {body[:80]!r}"
    deliveries = Counter(delivered.message_id for delivered in evidence.seen.deliveries)
    for message_id, count in deliveries.items():
        if count > evidence.max_receive_count:
            yield f"ticket {message_id} was delivered {count} times"


def everything_is_at_rest(evidence: Evidence) -> Iterator[str]:
    """I10: nothing is visible or in flight, and every accepted order has ended."""
    if evidence.at_rest.visible or evidence.at_rest.in_flight:
        yield f"{evidence.at_rest.visible} visible and {evidence.at_rest.in_flight} in flight"
    accepted = set(evidence.ledger.acknowledged)
    ended = Counter(order.state for order in evidence.finished.values() if order.id in accepted)
    if len(accepted) != ended.total():
        yield f"{len(accepted)} orders were accepted, and these ended: {dict(ended)}"


def nothing_counts_during_an_outage(evidence: Evidence) -> Iterator[str]:
    """I11: an order first sent during an outage is not acknowledged before the outage ends."""
    first: dict[str, float] = {}
    for attempt in evidence.ledger.attempts:
        first.setdefault(attempt.key, attempt.sent_at)
    for reply in evidence.ledger.replies:
        for outage in evidence.outages:
            asked = first.get(reply.key, reply.sent_at)
            if reply.acknowledges and outage.began < asked and reply.answered_at < outage.ended:
                yield f"key {reply.key} was acknowledged during an outage"


def nothing_private_is_disclosed(evidence: Evidence) -> Iterator[str]:
    """I15: no log line or event contains a customer's data or another secret."""
    public = json.dumps([dict(line) for line in evidence.logs], ensure_ascii=False)
    public += "".join(event.model_dump_json() for event in evidence.announcements)
    asked = evidence.ledger.attempts[:_WITH_SECRETS]
    given = [secret for attempt in asked for secret in (attempt.customer_name, attempt.key)]
    logged = json.dumps([dict(line) for line in evidence.logs])
    for order in evidence.orders[:_WITH_SECRETS]:
        if order.id in logged:
            yield "the id of an order was logged: it is the customer's key"
    for secret in (*given, *evidence.secrets):
        if secret in public:
            yield f"{secret!r} was logged or announced"


INVARIANTS: Mapping[str, Callable[[Evidence], Iterator[str]]] = MappingProxyType(
    {
        "I1": every_acknowledged_order_is_finished,
        "I2": no_order_is_unexpected,
        "I3": one_key_is_one_order,
        "I4": states_move_as_they_may,
        "I5": every_change_is_announced,
        "I6": what_was_acknowledged_is_stored,
        "I7": tickets_are_deleted_only_after_their_effect,
        "I8": only_the_current_attempt_completes,
        "I9": poison_is_dead_lettered,
        "I10": everything_is_at_rest,
        "I11": nothing_counts_during_an_outage,
        "I15": nothing_private_is_disclosed,
    }
)


def _changes(order: Order) -> Iterator[tuple[str, OrderState]]:
    for version, entry in enumerate(order.timeline, 1):
        yield f"{order.id}:{version}", entry.state


def _logged(evidence: Evidence, event: str) -> list[tuple[str, int]]:
    lines = [line for line in evidence.logs if line.get("event") == event]
    return [(line["order"], line["attempt"]) for line in lines]
