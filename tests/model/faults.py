"""What goes wrong in a shop."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from tests.model.host import REFUSALS, Call, Host
from tests.model.shop import Shop
from tests.model.staff import LEASE, ORDER_ID

_HANDED_OUT = f"{ORDER_ID}:4"


def kill(shop: Shop, host: Host, late: Sequence[Call]) -> None:
    """Let a process vanish; of its requests, those that are `late` still take effect."""
    shop.late += late
    host.calls.clear()
    shop.baristas.pop(host, None)
    if shop.counters.pop(host, None):
        shop.open_counter(host.name)
    if host is shop.collecting:
        shop.must_retell = True
        _excuse(shop, host, late)


def lose(shop: Shop, host: Host, call: Call, late: Sequence[Call]) -> None:
    """Let a caller wait in vain."""
    shop.late += late
    host.give_up(call)
    _excuse(shop, host, late)


def stop(shop: Shop, host: Host, late: Sequence[Call]) -> None:
    """Stop a barista in the middle of its work."""
    shop.late += late
    host.stop()


def land(shop: Shop, call: Call) -> None:
    """Let a request take effect that nobody waits for any more."""
    shop.late.remove(call)
    with suppress(*REFUSALS):
        call.effect()


def jump(shop: Shop) -> None:
    """Set all clocks forward, past every claim."""
    shop.record.now += LEASE


def black_out(shop: Shop) -> None:
    """Kill everything at once, the queue included, with all that is on it or on its way."""
    for host in shop.hosts:
        kill(shop, host, ())
    shop.late.clear()
    shop.record.tickets.clear()
    shop.queue_lost = shop.must_retell = True


def _excuse(shop: Shop, host: Host, late: Sequence[Call]) -> None:
    """Expect no word of a handing out that is recorded later than its cashier looks."""
    if host is shop.collecting and any(call.what == "store.replace" for call in late):
        shop.excused.add(_HANDED_OUT)
