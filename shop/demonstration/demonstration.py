"""The demonstration: does to the shop what it is asked to, and says what came of it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from shared.clock import utc_now
from shared.domain.errors import UnavailableError
from shared.web.staff_key import load_or_create_staff_key
from shop.demonstration.faults import Fired, Targets, fire, outcome
from shop.demonstration.load import RunningLoad
from shop.demonstration.recovery import worked_again
from shop.scaling.control_messages import (
    Act,
    DemonstrationRequest,
    DemonstrationStatus,
    Fault,
)
from shop.scaling.loop import RefusedError
from shop.settings import ShopSettings

log = structlog.stdlib.get_logger(__name__)

MOST_FAULTS = 8


class Demonstration:
    """One load and one fault at a time; it runs in the supervisor, which is never hit.

    `targets` are the processes as they are when a fault is fired.
    """

    def __init__(
        self,
        *,
        settings: ShopSettings,
        url: str,
        owner_key: str | None,
        targets: Callable[[], Targets],
    ) -> None:
        self._settings = settings
        self._url = url
        self._owner_key = owner_key
        self._targets = targets
        self._load: RunningLoad | None = None
        self._faults: deque[Fault] = deque(maxlen=MOST_FAULTS)
        self._tasks: set[asyncio.Task[None]] = set()

    def handle(self, request: DemonstrationRequest) -> DemonstrationStatus:
        """Do what is requested, and return how it goes; raises RefusedError."""
        if request.demonstrate is Act.LOAD:
            self._start_load(request.orders)
        elif request.demonstrate is not None:
            self._fire(request.demonstrate)
        return DemonstrationStatus(
            at=utc_now(),
            load=self._load.progress if self._load else None,
            faults=[*self._faults],
        )

    async def stop(self) -> None:
        """End what is under way."""
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)

    def _start_load(self, orders: int) -> None:
        if self._load and self._load.progress.ended_at is None:
            raise RefusedError("A load is still under way.")
        self._load = RunningLoad(
            orders=orders,
            settings=self._settings,
            url=self._url,
            staff_key=lambda: load_or_create_staff_key(
                self._owner_key, self._settings.state_dir, with_parents=False
            ),
        )
        log.info("demonstration.load_started")
        self._run(self._load.run())

    def _fire(self, act: Act) -> None:
        if self._faults and self._faults[0].ended_at is None:
            raise RefusedError("The last fault is not over yet.")
        fired = fire(act, self._targets())
        self._faults.appendleft(Fault(act=act, fired_at=utc_now(), hit=fired.hit))
        hit = [one.model_dump() for one in fired.hit]
        log.warning("demonstration.fault_fired", act=act, hit=hit)
        self._run(self._follow(act, fired, self._counts()))

    async def _follow(self, act: Act, fired: Fired, before: tuple[int, int]) -> None:
        try:
            came = await outcome(act, fired)
            self._update(
                back_at=utc_now(), replaced_by=came.replaced_by, unanswered=came.unanswered
            )
            since = self._faults[0].fired_at + fired.lasts
            self._update(worked_at=await self._worked_again(since))
        except Exception:
            self._update(unanswered=-1)
            raise
        finally:  # else no other fault could be fired
            acknowledged, ready = self._counts()
            self._update(
                ended_at=utc_now(),
                acknowledged=max(0, acknowledged - before[0]),
                ready=max(0, ready - before[1]),
            )

    async def _worked_again(self, since: dt.datetime) -> dt.datetime | None:
        try:
            return await worked_again(self._settings, since)
        except UnavailableError as error:
            log.warning("demonstration.not_followed", error=str(error))
            return None

    def _update(self, **update: object) -> None:
        """Say more of the last fault."""
        self._faults[0] = self._faults[0].model_copy(update=update)

    def _counts(self) -> tuple[int, int]:
        if self._load is None:
            return 0, 0
        return self._load.progress.acknowledged, self._load.progress.ready

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("demonstration.failed", exc_info=error)
