"""The ticket queue: an order goes in as a ticket, and comes out as a barista's delivery."""

from __future__ import annotations

from shared.aws.queue import SqsQueue
from shared.domain.order import Order
from shared.messages.ticket import Ticket


class TicketQueue:
    """Puts tickets on the orders queue."""

    def __init__(self, queue: SqsQueue) -> None:
        self._queue = queue

    async def put(self, order: Order) -> None:
        """Queue a ticket for `order`; returns once SQS has confirmed it."""
        ticket = Ticket(
            order_id=order.id,
            store_id=order.store_id,
            correlation_id=order.correlation_id,
            version=order.version,
        )
        attributes = {"correlation_id": order.correlation_id}
        await self._queue.send(ticket.model_dump_json(), attributes)

    async def backlog(self) -> int:
        """Count the tickets waiting and in flight, as far as SQS knows."""
        return sum(await self._queue.waiting_and_in_flight())
