"""What goes wrong in a shop."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import cast

from tests.model.host import REFUSALS, Call, Host
from tests.model.shop import Shop
from tests.model.staff import LEASE, ORDER_ID


def kill(shop: Shop, host: Host, late: Sequence[Call]) -> None:
    """Let a process vanish; of its requests, those that are `late` still take effect."""
    shop.late += late
    host.calls.clear()
    shop.baristas.pop(host, None)
    if shop.counters.pop(host, None):
        shop.open_counter(host.name)
    if host in shop.moving | shop.deciding:
        shop.must_republish = True
    if host in shop.deciding:
        shop.queue_lost = True  # the ticket, perhaps, that it was about to queue
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
    """Let a request take effect that no caller waits for any more."""
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
    shop.queue_lost = shop.must_republish = True


def _excuse(shop: Shop, host: Host, late: Sequence[Call]) -> None:
    """Excuse the announcement of a change recorded after its cashier has read the store."""
    if host in shop.moving | shop.deciding:
        replacing = [call for call in late if call.what == "store.replace"]
        shop.excused |= {f"{ORDER_ID}:{_version_made_by(call)}" for call in replacing}


def _version_made_by(replacing: Call) -> object:
    _, after = cast("tuple[tuple[object, ...], tuple[object, ...]]", replacing.about)
    return after[1]
