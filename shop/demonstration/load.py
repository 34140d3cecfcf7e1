"""The demonstration's load: placed over HTTP like anybody's orders, judged by the order store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp

from shared.aws.clients import aws_clients
from shared.clock import utc_now
from shared.domain.errors import UnavailableError
from shared.store.factory import open_store
from shop.client.answers import ProblemError
from shop.client.live_stream import Change
from shop.demonstration.evidence import read_evidence
from shop.load.generator import Load, run_load
from shop.load.pending_orders import Finished
from shop.load.placements import Acknowledged
from shop.load.report import Step
from shop.scaling.control_messages import Evidence, LoadProgress
from shop.settings import ShopSettings

_RATE, _CONCURRENCY = 10, 32
_TIMEOUT = 300


@dataclass(slots=True, kw_only=True)
class RunningLoad:
    """One load of so many `orders`; `progress` is how far it is."""

    orders: int
    settings: ShopSettings
    url: str
    staff_key: Callable[[], str]
    progress: LoadProgress = field(init=False)
    _acknowledged: set[str] = field(default_factory=set, init=False)
    _seen: set[tuple[str, int]] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.progress = LoadProgress(orders=self.orders, began_at=utc_now())

    async def run(self) -> None:
        """Place the orders, follow them to their end, and read the evidence."""
        update: dict[str, object] = {"failure": "the demonstration itself failed"}
        try:
            load = Load(
                orders=self.orders, rate=_RATE, seed=7, concurrency=_CONCURRENCY, timeout=_TIMEOUT
            )
            await run_load(load, self.url, self.staff_key(), self._note, self._note_event)
            update = {"evidence": await self._evidence()}
        except (aiohttp.ClientError, TimeoutError, ProblemError, UnavailableError) as error:
            update = {"failure": str(error) or type(error).__name__}
        finally:  # else no other load could be started
            self._change(ended_at=utc_now(), **update)

    def _note(self, step: Step) -> None:
        now = self.progress
        if isinstance(step, Finished):
            self._change(ready=now.ready + (step.ready_seconds is not None))
        elif isinstance(step, Acknowledged):
            self._acknowledged.add(step.order_id)
            self._change(acknowledged=len(self._acknowledged), retries=now.retries + step.retries)
        else:
            self._change(refused=now.refused + 1)

    def _note_event(self, change: Change) -> None:
        key, now = (change.order_id, change.version), self.progress
        self._change(
            events=now.events + 1, events_repeated=now.events_repeated + (key in self._seen)
        )
        self._seen.add(key)

    async def _evidence(self) -> Evidence:
        async with (
            aws_clients(self.settings) as clients,
            open_store(self.settings, clients.dynamodb, utc_now) as store,
        ):
            return await read_evidence(store, self._acknowledged, self.progress.began_at)

    def _change(self, **update: object) -> None:
        self.progress = self.progress.model_copy(update=update)
