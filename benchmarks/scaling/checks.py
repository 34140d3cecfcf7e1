"""The rule by which a real run agrees with the simulation.

Both rise to the maximum and fall back to the minimum, and reach each number of baristas, on the
way up and down, within `TOLERANCE` seconds of each other. That allows for a barista's start on a
busy machine and the orders that arrive meanwhile; an autoscaler that counted wrong would be off
by seven seconds or more, which are 15 ticks.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.scaling.simulation import Point
from shop.scaling.target import BaristaRange

TOLERANCE = 5.0


def differences(
    simulated: Sequence[Point], real: Sequence[Point], bounds: BaristaRange
) -> Sequence[str]:
    """Return where the runs differ by more than the tolerance."""
    found = [*_range_differences("the simulation", simulated, bounds)]
    found += _range_differences("the shop", real, bounds)
    if found:
        return found
    for name, times in (("rises to", rises), ("falls to", falls)):
        expected, seen = times(simulated, bounds), times(real, bounds)
        found += [
            f"{name} {count} after {seen[count]:.1f} s, in the simulation after {at:.1f} s"
            for count, at in expected.items()
            if abs(at - seen[count]) > TOLERANCE
        ]
    return found


def rises(points: Sequence[Point], bounds: BaristaRange) -> dict[int, float]:
    """Return when each number of baristas above the minimum was first reached."""
    return {
        count: next(point.at for point in points if point.workers >= count)
        for count in range(bounds.least + 1, bounds.most + 1)
    }


def falls(points: Sequence[Point], bounds: BaristaRange) -> dict[int, float]:
    """Return when, after the peak, the number first fell to each one below the maximum."""
    peak = max(range(len(points)), key=lambda position: points[position].workers)
    return {
        count: next(point.at for point in points[peak:] if point.workers <= count)
        for count in range(bounds.most - 1, bounds.least - 1, -1)
    }


def _range_differences(what: str, points: Sequence[Point], bounds: BaristaRange) -> Sequence[str]:
    counts = [point.workers for point in points]
    found = []
    if not all(bounds.least <= count <= bounds.most for count in counts):
        found.append(f"{what} leaves the range of {bounds.least} to {bounds.most}")
    if max(counts) != bounds.most:
        found.append(f"{what} rises to {max(counts)} only")
    if counts[-1] != bounds.least:
        found.append(f"{what} falls to {counts[-1]} only")
    return found
