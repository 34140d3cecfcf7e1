"""`python -m benchmarks.requests.attack`: sends requests from a process, and so a core, of its own.

Standard input has a JSON object: `url`, `source` (the address to connect from), `seconds`,
`connections`, and `wires`, the requests in base64. It prints how many it has sent.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import sys
import time
from typing import Any

from yarl import URL

from benchmarks.requests.cost import send
from benchmarks.requests.variants import Variant


async def attack(wanted: dict[str, Any]) -> int:
    """Send the requests again and again, over all connections; give how many were sent."""
    url, until = URL(wanted["url"]), time.monotonic() + wanted["seconds"]
    variants = [Variant("attack", base64.b64decode(wire)) for wire in wanted["wires"]]

    async def send_on() -> int:
        for sent, variant in enumerate(itertools.cycle(variants)):
            if time.monotonic() > until:
                return sent
            with contextlib.suppress(ConnectionError):
                await send(url, variant, wanted["source"])
        return 0

    return sum(await asyncio.gather(*(send_on() for _ in range(wanted["connections"]))))


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(attack(json.load(sys.stdin)))}\n")
