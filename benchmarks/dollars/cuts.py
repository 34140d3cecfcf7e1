"""What was cut from an order's bill, each with what this meter said before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cut:
    """Dollars for a million orders, of the part that was cut, in batches of `fill`."""

    what: str
    fill: int
    before: float
    after: float


CUTS: Sequence[Cut] = (
    Cut("the document is deflated: two lines stay within a kilobyte", 10, 5.00, 2.50),
    Cut("order numbers in blocks of up to 100", 10, 0.625, 0.104),
    Cut("no order is read before it is placed", 10, 0.500, 0.250),
    Cut("the subscribers of all orders are looked up once for a batch", 10, 1.00, 0.55),
    Cut("nobody is sought who could know an order that is just placed", 10, 0.55, 0.425),
    Cut("what a fence makes safe is read eventually consistent: claim, collect", 10, 0.25, 0.125),
    Cut("changes that come together are deleted together", 10, 0.608, 0.327),
    Cut("the shop's status is read four times a second, not for each order", 10, 0.125, 0.013),
    Cut(
        "announcements gather for 250 ms, at 3 orders a second; live streams do not wait",
        1,
        3.20,
        1.42,
    ),
)
"""By this meter, without the cut and with it."""


def cuts_table() -> str:
    """List the cuts as a table, the largest first."""
    rows = [
        f"| {cut.what} | {cut.fill} | {cut.before:.2f} | {cut.after:.2f} |"
        for cut in sorted(CUTS, key=lambda cut: cut.after - cut.before)
    ]
    return "\n".join(["| cut | f | before | after |", "| --- | --- | --- | --- |", *rows])
