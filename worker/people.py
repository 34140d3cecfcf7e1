"""Orders that people prepare: each is in hand until its record says that somebody has ended it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import structlog

from shared.domain.errors import UnavailableError
from shared.domain.order import Order
from shared.store.contract import OrderChangedError, OrderStore
from shared.tracing.process import spanned
from worker.claims import Claims
from worker.line import Line
from worker.preparation import LetGoError, Wait, moved_by_staff

log = structlog.stdlib.get_logger(__name__)

LOOK_SECONDS = 1.0


@dataclass(slots=True, eq=False)
class _InHand:
    """An order in hand; `renewed_at` is monotonic."""

    order: Order
    renewed_at: float
    ended: asyncio.Future[Order]

    def see(self, recorded: Order | None) -> None:
        """End the preparation if the record says that it is over."""
        if self.ended.done():
            return
        if recorded is not None and moved_by_staff(recorded, self.order):
            self.ended.set_result(recorded)
        elif recorded is None or _fence(recorded) != _fence(self.order):
            self.ended.set_exception(OrderChangedError(self.order.id))


def _fence(order: Order) -> tuple[int, int]:
    return order.version, order.attempt


class PeoplesPreparation:
    """Looks at all orders in hand and in line by one read a second, and keeps up the claims.

    `monotonic` is a clock, in seconds.
    """

    def __init__(
        self,
        store: OrderStore,
        claims: Claims,
        line: Line,
        wait: Wait,
        monotonic: Callable[[], float],
    ) -> None:
        self.lasts_long = True
        self._store = store
        self._claims = claims
        self._line = line
        self._wait = wait
        self._monotonic = monotonic
        self._in_hand: set[_InHand] = set()
        self._looking: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def waiting_since(self) -> dt.datetime | None:
        """Since when the order in line that waits the longest has been placed."""
        return self._line.waiting_since

    def turn(self, order: Order) -> AbstractAsyncContextManager[None]:
        """Wait in line; see `Line.turn`."""
        return self._line.turn(order)

    @spanned("prepare")
    async def prepare(self, order: Order) -> Order:
        """Return the order as somebody has ended it: completed, released or canceled."""
        if self._stopping:
            raise LetGoError(order)
        ended: asyncio.Future[Order] = asyncio.get_running_loop().create_future()
        mine = _InHand(order, self._monotonic(), ended)
        self._in_hand.add(mine)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_while_in_hand(), name="looks")
        try:
            return await ended
        finally:
            self._in_hand.discard(mine)

    def let_go(self) -> None:
        """Give up all orders in hand and in line: people may take longer than any grace period."""
        self._stopping = True
        self._line.let_go()
        for each in self._in_hand:
            if not each.ended.done():
                each.ended.set_exception(LetGoError(each.order))

    async def _look_while_in_hand(self) -> None:
        while True:
            await self._wait(LOOK_SECONDS)
            if not (self._in_hand or self._line.waiting):
                return
            try:
                await self._look()
            except UnavailableError as error:
                log.warning("orders.not_read", error=str(error))
            except Exception:  # the outermost edge of a background task: the next look may succeed
                log.exception("orders.not_read")

    async def _look(self) -> None:
        looked_at = tuple(self._in_hand)
        in_line = tuple(self._line.waiting)
        orders = [each.order.id for each in looked_at] + [each.order.id for each in in_line]
        found = await self._store.orders_by_id(set(orders))
        recorded: Mapping[str, Order] = {order.id: order for order in found}
        for each in looked_at:
            each.see(recorded.get(each.order.id))
        self._line.see(in_line, recorded)
        due = self._monotonic() - self._claims.renew_after
        await self._renew(
            each for each in looked_at if not each.ended.done() and each.renewed_at <= due
        )

    async def _renew(self, due: Iterable[_InHand]) -> None:
        await asyncio.gather(*map(self._renew_one, due))

    async def _renew_one(self, each: _InHand) -> None:
        """Renew a claim; what changed meanwhile is seen at the next look."""
        asked_at = self._monotonic()
        try:
            await self._claims.renew(each.order)
        except OrderChangedError:
            return
        except UnavailableError as error:
            log.warning("claim.not_renewed", error=str(error))
        else:
            each.renewed_at = asked_at
