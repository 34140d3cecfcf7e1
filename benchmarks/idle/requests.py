"""How often an idle shop asks SQS and SNS, counted on the wire to an emulator of its own."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.make_run import make_run
from shop.processes.programs import EMULATOR_POLL_SECONDS
from tests.support.emulator import CREDENTIAL_VARIABLES, running_ministack
from tests.support.faults.aws_wire import Answer, Call
from tests.support.faults.proxy import open_proxy
from tests.support.faults.rules import Faults


@dataclass
class _Meter:
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    async def before(self, who: str, call: Call) -> None:
        """Count what takes effect, and nothing yet."""

    async def after(self, _: str, call: Call, __: Answer) -> None:
        self.counts[call.action, _queue(call.body)] += 1


def _queue(body: bytes) -> str:
    """Name the queue that a request of SQS is for; the one of the live stream has a process's."""
    try:
        name = str(json.loads(body)["QueueUrl"]).rsplit("/", 1)[-1]
    except (ValueError, KeyError, TypeError):
        return ""
    return "live" if name.startswith("live-") else name


async def requests(folder: Path, settle: float, seconds: float) -> Mapping[tuple[str, str], int]:
    """Let a shop settle, then count its requests for so long, by action and queue."""
    meter = _Meter()
    with running_ministack() as emulator:
        async with open_proxy("shop", emulator, Faults(0), meter) as proxy:
            variables = {
                **CREDENTIAL_VARIABLES,
                "COFFEE_AWS_ENDPOINT_URL": proxy.url,
                "COFFEE_POLL_SECONDS": str(EMULATOR_POLL_SECONDS),
            }
            async with make_run(folder, variables):
                await asyncio.sleep(settle)
                before = Counter(meter.counts)
                await asyncio.sleep(seconds)
                return meter.counts - before
