"""Mutations of the source text: one precaution less each, and the tests that must notice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Mutation:
    """`old` stands once in the source of `module`; with `new` in its place, `tests` must fail."""

    module: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"{self.module.replace('.', '/')}.py"


def of(file: str, *tests: str) -> tuple[str, ...]:
    """Name tests of one file."""
    return tuple(f"tests/{file}::{test}" for test in tests)


def of_barista(*tests: str) -> tuple[str, ...]:
    return of("integration/worker/test_barista.py", *tests)


def of_store(*tests: str) -> tuple[str, ...]:
    return of("contract/test_store_orders.py", *tests)


def of_model(course: str) -> tuple[str, ...]:
    return of(
        "model/test_order_protocol.py", f"test_no_order_of_steps_breaks_an_invariant[{course}]"
    )


def of_taps(course: str) -> tuple[str, ...]:
    test = "test_staff_may_take_an_order_from_a_barista_at_any_moment"
    return of("model/test_order_protocol.py", f"{test}[{course}]")


IN_STORES = {
    "a claim is written without its condition": Mutation(
        "shared.store.sqlite.replacing",
        " WHERE id = :id AND version = :version_before AND attempt = :attempt_before",
        " WHERE id = :id AND :version_before > 0 AND :attempt_before >= 0",
        of_store(
            "test_of_many_claims_at_once_exactly_one_wins[different-sqlite]",
            "test_a_change_from_an_old_version_is_refused[sqlite]",
        ),
    ),
    "a completion is written without its condition": Mutation(
        "shared.store.sqlite.replacing",
        " AND attempt = :attempt_before",
        " AND :attempt_before >= 0",
        of_store("test_a_change_from_an_old_attempt_is_refused[sqlite]")
        + of_barista("test_a_zombie_that_finishes_first_is_refused_and_the_next_barista_is_not"),
    ),
    "a completion is written to DynamoDB without its condition": Mutation(
        "shared.store.dynamodb.orders",
        "#version = :version AND #attempt = :attempt",
        "#version = :version AND #attempt >= :attempt",
        of_store("test_a_change_from_an_old_attempt_is_refused[ministack]"),
    ),
    "a change is written to DynamoDB whatever the version": Mutation(
        "shared.store.dynamodb.orders",
        "#version = :version AND #attempt = :attempt",
        "#version >= :version AND #attempt = :attempt",
        of_store("test_a_change_from_an_old_version_is_refused[ministack]"),
    ),
    "a place overwrites what is recorded in DynamoDB": Mutation(
        "shared.store.dynamodb.table",
        "attribute_not_exists(pk)",
        "attribute_not_exists(pk) OR attribute_exists(pk)",
        of_store("test_of_many_places_under_one_id_exactly_one_creates[ministack]"),
    ),
    "a place overwrites what is recorded": Mutation(
        "shared.store.sqlite.placing",
        "    found = _recorded(db, first)\n",
        """    found: dict[str, Order] = {}
    db.execute("DELETE FROM orders WHERE id = ?", (placings[0].order.id,))
""",
        of_store(
            "test_a_second_place_returns_the_first_order[sqlite]",
            "test_of_many_places_under_one_id_exactly_one_creates[sqlite]",
        ),
    ),
}

AT_BARISTAS = {
    "a claim is made though another stands": Mutation(
        "shared.domain.order",
        "order.claim.ticket != ticket and at < order.claim.until",
        "order.claim.ticket != ticket and at < at",
        of("unit/shared/test_order.py", "test_another_ticket_has_to_wait_while_the_claim_is_valid"),
    ),
    "a ticket is deleted before its order is announced": Mutation(
        "worker.barista",
        "            await self._announce_since(ready, begun.version)",
        "            return Done()",
        of_barista("test_an_order_is_claimed_announced_prepared_completed_and_announced")
        + of_model("a ticket comes twice and a barista is stopped"),
    ),
    "a ticket is deleted before the work": Mutation(
        "shared.consuming.work",
        "            outcome = await self._handle",
        """            await self.queue.delete(message)
            outcome = await self._handle""",
        of(
            "unit/shared/test_consumer.py",
            "test_what_is_to_be_retried_becomes_visible_again_later",
            "test_what_does_not_finish_within_the_grace_is_stopped_and_handed_back",
        )
        + of_model("a ticket comes twice and a barista is stopped"),
    ),
    "a dead letter is deleted before it is copied": Mutation(
        "shared.aws.queue",
        """        await self._dead_letters.send(copy.body, copy.attributes, group=copy.group)
        await self.delete(message)
""",
        """        await self.delete(message)
        await self._dead_letters.send(copy.body, copy.attributes, group=copy.group)
""",
        of(
            "integration/shared/test_sqs_queue.py",
            "test_a_dead_letter_that_cannot_be_copied_stays_where_it_is[ministack]",
        ),
    ),
    "a write that failed counts as made": Mutation(
        "worker.barista",
        "if attempt == 1 or await self.store.get(before.id) != after:",
        "if attempt == 1:",
        of_barista(
            "test_a_write_that_failed_while_somebody_else_was_first_is_refused",
        ),
    ),
    "only the last change is announced": Mutation(
        "worker.barista",
        "for change in history(order, version):",
        "for change in [order]:",
        of_barista(
            "test_a_ticket_that_comes_back_after_the_work_is_announced_again_and_done",
            "test_a_ticket_that_comes_back_announces_all_that_happened_since_it_was_queued",
        )
        + of_model("the order is handed out and a process dies"),
    ),
    "a released order gets no fresh ticket": Mutation(
        "worker.barista",
        "            return await self._queue_instead(ticket_for(order))",
        "            return Done()",
        of(
            "integration/worker/test_people.py",
            "test_a_released_order_is_announced_and_queued_anew_before_its_ticket_is_gone",
        )
        + of_taps("people release the order and an answer is lost"),
    ),
    "a worn ticket is held like any other": Mutation(
        "worker.fresh_ticket",
        "return message.receive_count >= WORN_AFTER",
        "return message.receive_count > 1000",
        of(
            "integration/worker/test_people.py",
            "test_a_ticket_that_was_received_often_is_replaced_before_its_order_is_held",
            "test_a_second_ticket_waits_for_hours_and_is_no_dead_letter",
        ),
    ),
    "an order that anybody has moved is taken for one that staff have": Mutation(
        "worker.preparation",
        "return moved and order.timeline[claimed.version].by is not None",
        "return moved",
        of(
            "integration/worker/test_people.py",
            "test_an_order_that_was_moved_but_not_by_staff_keeps_its_ticket",
        ),
    ),
    "an order claimed by the same ticket is taken from its other delivery": Mutation(
        "worker.barista",
        "held.ticket == message.message_id",
        "held.ticket == 0",
        of_barista(
            "test_an_order_that_is_still_seen_as_placed_is_not_taken_from_who_has_it"
            "[the same ticket, delivered twice]"
        ),
    ),
    "a fenced barista calls it done": Mutation(
        "worker.barista",
        'return Retry(self.claims.duration.total_seconds(), "changed by somebody else")',
        "return Done()",
        of_barista("test_a_zombie_that_finishes_first_is_refused_and_the_next_barista_is_not")
        + of_model("a ticket comes twice and a barista is stopped"),
    ),
}

AT_CASHIERS = {
    "a tap counts whatever its attempt": Mutation(
        "producer.orders.moves",
        "if self.attempt not in {None, order.attempt}:",
        "if self.attempt is False:",
        of(
            "integration/producer/test_cashier_moves.py",
            "test_a_tap_for_an_older_attempt_is_refused_and_changes_nothing",
        ),
    ),
    "a move that the store did not confirm is forgotten": Mutation(
        "producer.orders.moves",
        "                self.on_doubt(after.since)\n",
        "                pass\n",
        of(
            "unit/producer/test_order_moves.py",
            "test_a_move_that_the_store_did_not_confirm_is_in_doubt_since_it_was_made",
        ),
    ),
    "an order is stored after its ticket was queued": Mutation(
        "producer.orders.cashier",
        "        placement = await self.store.place(",
        """        await self.dispatcher.ensure(order)
        placement = await self.store.place(""",
        of(
            "integration/producer/test_cashier_outages.py",
            "test_without_the_store_no_order_counts_and_none_has_a_ticket",
        )
        + of_model("the client cancels and an answer is lost"),
    ),
    "an order is announced after its ticket was queued": Mutation(
        "producer.orders.dispatcher",
        """        if order.state is OrderState.PLACED:
            await self._announcer.announce(order, has_subscribers=has_subscribers)
        await send_ticket(self._tickets, ticket_for(order))
""",
        """        await send_ticket(self._tickets, ticket_for(order))
        if order.state is OrderState.PLACED:
            await self._announcer.announce(order, has_subscribers=has_subscribers)
""",
        of(
            "unit/producer/test_dispatcher.py",
            "test_an_order_is_announced_before_its_ticket_is_queued",
        )
        + of_model("a ticket comes twice and a barista is stopped"),
    ),
}

MUTATIONS: Mapping[str, Mutation] = MappingProxyType({**IN_STORES, **AT_BARISTAS, **AT_CASHIERS})
