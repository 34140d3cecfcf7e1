"""The lines of the README that have figures, so that each comes from the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from benchmarks.section import Bound

_LINES: Mapping[str, str] = MappingProxyType(
    {
        "Engine: requests a message": "{:.2f} requests to SQS a message, received and deleted",
        "Engine: CPU by that of the floor, c = 10, 0 ms": (
            "{:.2f} times the CPU of bare aiobotocore that does the same in batches"
        ),
        "scaling: 4 baristas, of 4 times one, when preparation dominates": (
            "four baristas make {:.2f} of four times what one makes"
        ),
        "end to end: orders a second, beside the commit before": (
            "{:.1f} times the orders a second of the shop before it was measured"
        ),
        "dollars for a million orders: on demand": (
            "{:.2f} USD of requests for a million orders in a busy shop on AWS"
        ),
        "first order of a new shop": "{:.1f} s from `make run` to the first order",
    }
)
"""By what is bound: how the README says it."""


def readme_lines(bounds: Sequence[Bound]) -> str:
    """Write the lines; raises KeyError when something was not measured."""
    figures = {bound.what: bound.figure for bound in bounds}
    return "\n".join(f"- {line.format(figures[what])}" for what, line in _LINES.items())
