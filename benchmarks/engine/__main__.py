"""`python -m benchmarks.engine`: the consumer engine beside its peers and the floor."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.engine.comparison import FULL, SHORT, compare
from benchmarks.engine.report import draw_chart, section
from benchmarks.engine.run import WARM_UP
from benchmarks.section import Section, command


async def measure(short: bool, tell: Callable[[str], None]) -> Section:  # noqa: FBT001
    """Compare the consumers; shortly, only ours, the floor and the naive loop."""
    found = await compare(SHORT if short else FULL, tell)
    if not short:
        draw_chart(found)
    return section(found, WARM_UP)


if __name__ == "__main__":
    command(measure, "Compare the consumer engine with other consumers and with bare aiobotocore.")
