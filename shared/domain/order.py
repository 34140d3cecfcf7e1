"""The order, its states, and the pure rules for moving between them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from shared.domain.errors import ClaimHeldError, TransitionRefusedError
from shared.domain.estimate import Estimate


class OrderState(StrEnum):
    """Where an order stands."""

    PLACED = "placed"
    PREPARING = "preparing"
    READY = "ready"
    COLLECTED = "collected"
    CANCELED = "canceled"
    EXPIRED = "expired"
    FAILED = "failed"


class Serve(StrEnum):
    """Where the customer eats and drinks; the rate of tax may depend on it."""

    HERE = "here"
    AWAY = "away"


TRANSITIONS: Mapping[OrderState, frozenset[OrderState]] = MappingProxyType(
    {
        OrderState.PLACED: frozenset(
            {OrderState.PREPARING, OrderState.CANCELED, OrderState.FAILED}
        ),
        OrderState.PREPARING: frozenset(
            {OrderState.READY, OrderState.PLACED, OrderState.CANCELED, OrderState.FAILED}
        ),
        OrderState.READY: frozenset(
            {OrderState.COLLECTED, OrderState.CANCELED, OrderState.EXPIRED}
        ),
        OrderState.FAILED: frozenset({OrderState.PLACED}),
        OrderState.COLLECTED: frozenset(),
        OrderState.CANCELED: frozenset(),
        OrderState.EXPIRED: frozenset(),
    }
)
"""Which states may follow which. `docs/architecture.md` draws it."""

OPEN_STATES = frozenset({OrderState.PLACED, OrderState.PREPARING, OrderState.READY})
"""The states that wait for a barista or the customer."""


@dataclass(frozen=True, slots=True)
class LineItem:
    """One line of an order, at the price it was ordered for.

    `unit_price` is in minor units, modifiers included; `quantity` is 1 to 20. `tax_rate` is in
    thousandths of a percent (19 % is 19000), and `tax` the line's tax in minor units.
    """

    id: str
    item: str
    name: str
    size: str
    modifiers: tuple[str, ...]
    quantity: int
    unit_price: int
    note: str | None = None
    tax_rate: int = 0
    tax: int = 0

    @property
    def total(self) -> int:
        """The price of the whole line as the menu states it, in minor units."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """A state the order reached, when (UTC), and the name of the staff key by which, if any."""

    state: OrderState
    at: dt.datetime
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A barista's claim on an order: by which ticket, and until when unless it is renewed."""

    ticket: str
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it is stored.

    `version` rises by one with each change of state. `attempt` counts the claims, and fences
    them: only the barista of the newest attempt can complete the order. `number` is empty until
    the order store assigns one. `prep_seconds` is the work in it at natural speed. Requests for
    the same order have the same `fingerprint`. `estimate` is the wait that the customer was given
    when placing it. When its customer is `forgotten`, nothing says whose it was.

    Prices are those of the menu's version `menu_version` (0: before menus had versions), with tax
    in them if `prices_include_tax`. `business_day` is the day whose number and report it has. A
    remake is a copy, free of charge, of the order `remake_of`, which is then `remade_as` it.
    """

    id: str
    number: str
    store_id: str
    customer_name: str
    items: tuple[LineItem, ...]
    currency: str
    prep_seconds: int
    timeline: tuple[TimelineEntry, ...]
    fingerprint: str
    correlation_id: str
    state: OrderState = OrderState.PLACED
    version: int = 1
    attempt: int = 0
    claim: Claim | None = None
    estimate: Estimate | None = None
    forgotten: bool = False
    menu_version: int = 0
    prices_include_tax: bool = True
    serve: Serve | None = None
    business_day: dt.date | None = None
    cancel_reason: str | None = None
    remake_of: str | None = None
    remade_as: str | None = None

    @property
    def tax(self) -> int:
        """The tax on the order, in minor units."""
        return sum(item.tax for item in self.items)

    @property
    def total(self) -> int:
        """What the customer pays, in minor units, tax included."""
        return sum(item.total for item in self.items) + (0 if self.prices_include_tax else self.tax)

    @property
    def placed_at(self) -> dt.datetime:
        """When the order was placed for the first time."""
        return self.timeline[0].at

    @property
    def since(self) -> dt.datetime:
        """When the order reached the state it is in."""
        return self.timeline[-1].at

    @property
    def previous_state(self) -> OrderState | None:
        """The state before this one; none for an order just placed."""
        return self.timeline[-2].state if len(self.timeline) > 1 else None

    def reached(self, state: OrderState) -> dt.datetime | None:
        """When the order last reached `state`, or none if it never did."""
        return next((entry.at for entry in reversed(self.timeline) if entry.state is state), None)


def place_in_line(order: Order, first_placed_at: dt.datetime | None) -> tuple[bool, dt.datetime]:
    """Return what to sort orders by as they should be made: remakes, then by their placing.

    A remake has the place of its first order, if it is known when that was placed: its customer
    has waited since then.
    """
    is_remake = order.remake_of is not None
    return not is_remake, (is_remake and first_placed_at) or order.placed_at


def log_id(order_id: str) -> str:
    """Name an order in logs: by 16 hexadecimal digits of its id's SHA-256.

    The id itself is the customer's key, and cannot be found from them.
    """
    return hashlib.sha256(order_id.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def advance(order: Order, to: OrderState, at: dt.datetime, by: str | None = None) -> Order:
    """Move `order` to another state, which ends any claim on it; `by` names a staff key.

    Raises TransitionRefusedError when TRANSITIONS does not allow it.
    """
    if to not in TRANSITIONS[order.state]:
        raise TransitionRefusedError(order.id, order.state, to)
    return replace(
        order,
        state=to,
        version=order.version + 1,
        claim=None,
        timeline=(*order.timeline, TimelineEntry(to, at, by)),
    )


def history(order: Order, since: int = 0) -> list[Order]:
    """List the order as it was after each change since a version, oldest first, this one last.

    The attempt of an earlier version is not stored; all have the present one.
    """
    return [_as_of(order, version) for version in range(since + 1, order.version + 1)]


def changes_between(order: Order, since: dt.datetime, until: dt.datetime) -> list[Order]:
    """List the order as it was after each change from `since` on and before `until`."""
    return [change for change in history(order) if since <= change.since < until]


def _as_of(order: Order, version: int) -> Order:
    if version == order.version:
        return order
    timeline = order.timeline[:version]
    return replace(order, state=timeline[-1].state, version=version, timeline=timeline, claim=None)


def is_claimed(order: Order, at: dt.datetime) -> bool:
    """Return whether a barista has the order in hand, as far as its claim says."""
    return order.claim is not None and at < order.claim.until


def claim(order: Order, ticket: str, at: dt.datetime, until: dt.datetime) -> Order:
    """Claim `order` for the barista that holds `ticket` (an SQS message id).

    An order already `preparing` passes to a new attempt, without a change of state, when its
    own ticket is redelivered (its lease has expired) or its claim has expired.
    Raises ClaimHeldError while another ticket's claim is valid, TransitionRefusedError when the
    order is past preparing.
    """
    if order.state is not OrderState.PREPARING:
        claimed = advance(order, OrderState.PREPARING, at)
    elif order.claim is not None and order.claim.ticket != ticket and at < order.claim.until:
        raise ClaimHeldError(order.id, order.claim.until - at)
    else:
        claimed = order
    return replace(claimed, attempt=order.attempt + 1, claim=Claim(ticket, until))


def renew(order: Order, ticket: str, until: dt.datetime) -> Order:
    """Extend the claim on `order` to a later time, or end it now."""
    return replace(order, claim=Claim(ticket, until))
