"""Keeps orders in step, so that their entries are in one batch, on a machine of any speed.

How full batches are follows from how many entries come during a request (decision 5). Here orders
come in waves of `fill`: each read and write of an order is answered once all of its wave are. So
they go on together, in one turn of the event loop, and what they send goes in one batch.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.dollars.meter import Meter, is_ready
from tests.support.faults.aws_wire import Answer, Call

APART = 0.3
"""Seconds between two changes of an order: none is received together with the one before."""

_LONGEST = 2.0
"""Seconds, less than a call may take: those who waited go on without those who did not come."""


@dataclass(slots=True)
class Lockstep:
    """Sees all calls, and has the meter count them."""

    meter: Meter
    fill: int
    _held: defaultdict[tuple[str, str], list[asyncio.Event]] = field(
        default_factory=lambda: defaultdict(list)
    )

    async def before(self, who: str, call: Call) -> None:
        """Let an order take some time to be made."""
        if who == "worker" and call.action == "PutItem" and is_ready(call.document["Item"]):
            await asyncio.sleep(APART)

    async def after(self, who: str, call: Call, answer: Answer) -> None:
        """Count a call; hold its answer until the whole wave has come as far."""
        self.meter.count(call, answer)
        if call.action in {"GetItem", "PutItem"} and _is_order(call):
            await self._hold(who, call.action)
        elif who == "worker" and call.action == "ReceiveMessage":
            await asyncio.sleep(APART)

    async def _hold(self, who: str, action: str) -> None:
        held = self._held[who, action]
        held.append(event := asyncio.Event())
        if len(held) == self.fill:
            asyncio.get_running_loop().call_soon(_release, tuple(held))
            held.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST):
                await event.wait()
        if event in held:
            held.remove(event)


def _release(held: Iterable[asyncio.Event]) -> None:
    """Let calls go on in the same turn of the loop, the one that came last, too."""
    for event in held:
        event.set()


def _is_order(call: Call) -> bool:
    item = call.document.get("Key") or call.document["Item"]
    return bool(item["sk"]["S"] == "order")
