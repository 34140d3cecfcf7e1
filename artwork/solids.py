"""Bodies in space as the camera sees them: 24 degrees from above, without vanishing points."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from artwork.svg import Point, polygon

SQUASH = 0.40
"""How high a level circle is drawn for its width: the sine of the camera's elevation."""

UPRIGHT = math.sqrt(1 - SQUASH**2)
"""How high an upright is drawn for its height."""

_STEPS = 24
"""How many points there are between two of a profile."""


def project(center: Point, x: float, height: float, near: float) -> Point:
    """Place a point of space: `near` counts towards the viewer, from the centre on the table."""
    return center[0] + x, center[1] - height * UPRIGHT + near * SQUASH


def arc(center: Point, radius: float, begin: float, end: float) -> list[Point]:
    """Follow a level circle; the angle 0 is right, pi/2 at the front."""
    steps = 48
    angles = [begin + (end - begin) * step / steps for step in range(steps + 1)]
    return [
        (center[0] + radius * math.cos(angle), center[1] + radius * SQUASH * math.sin(angle))
        for angle in angles
    ]


def hull(points: Sequence[Point]) -> list[Point]:
    """Return the corners of the convex hull."""
    ordered = sorted(points)
    return [*_half_hull(ordered), *_half_hull(ordered[::-1])]


@dataclass(frozen=True, slots=True)
class Turned:
    """A body of revolution that stands upright.

    `foot` is the middle of its bottom on the picture, `profile` heights with their radii from the
    bottom to the top, between which it is smooth.
    """

    foot: Point
    profile: tuple[tuple[float, float], ...]

    @property
    def height(self) -> float:
        """Its height."""
        return self.profile[-1][0]

    def center(self, height: float) -> Point:
        """Return where the middle is at a height."""
        return project(self.foot, 0, height, 0)

    def radius(self, height: float) -> float:
        """Return the radius at a height."""
        samples = self._samples()
        for (low, first, *_), (high, second, *_) in itertools.pairwise(samples):
            if low <= height <= high and high > low:
                return first + (second - first) * (height - low) / (high - low)
        return samples[-1][1] if height > 0 else samples[0][1]

    def outline(self, low: float = 0, high: float = math.inf, *, open_: bool = False) -> str:
        """Return the outline of the part between two heights.

        Its top is a disc that is seen from above, unless it is `open_`: then its near edge.
        """
        right = [self._contour(sample) for sample in self._samples() if low <= sample[0] <= high]
        (_, below), (_, above) = right[0], right[-1]
        bottom = max(low, self.profile[0][0])
        top = min(high, self.height)
        lower = arc(self.center(bottom), self.radius(bottom), below, math.pi - below)
        end = above if open_ else math.tau + above
        upper = arc(self.center(top), self.radius(top), math.pi - above, end)
        left = [(2 * self.foot[0] - x, y) for (x, y), _ in right]
        return polygon([*lower, *left, *upper, *[point for point, _ in right[::-1]]])

    def side(self, low: float = 0, high: float = math.inf, *, right: bool = True) -> list[Point]:
        """Follow the edge from one height to another one."""
        points = [self._contour(each)[0] for each in self._samples() if low <= each[0] <= high]
        return points if right else [(2 * self.foot[0] - x, y) for x, y in points]

    def _contour(self, sample: tuple[float, float, float, float]) -> tuple[Point, float]:
        """Return where the surface turns away from the viewer: its normal is across the view."""
        height, radius, rise, widening = sample
        slope = SQUASH / UPRIGHT * widening / max(rise, 1e-6)
        angle = math.asin(min(max(slope, -0.97), 0.97))
        place = project(self.foot, radius * math.cos(angle), height, radius * math.sin(angle))
        return place, angle

    def _samples(self) -> list[tuple[float, float, float, float]]:
        """Return height, radius, and how both change, along a smooth line."""
        slopes = [self._slope(place) for place in range(len(self.profile))]
        found = []
        last = len(self.profile) - 2
        for place in range(last + 1):
            (low, first), (high, second) = self.profile[place : place + 2]
            for step in range(_STEPS + (place == last)):
                part = step / _STEPS
                rise = high - low
                radius, widening = _hermite(
                    (first, second), (slopes[place] * rise, slopes[place + 1] * rise), part
                )
                found.append((low + rise * part, radius, rise, widening))
        return found

    def _slope(self, place: int) -> float:
        """Return how the radius changes by the height at a point of the profile."""
        before, after = max(place - 1, 0), min(place + 1, len(self.profile) - 1)
        sides = [
            (self.profile[high][1] - self.profile[low][1])
            / (self.profile[high][0] - self.profile[low][0])
            for low, high in ((before, place), (place, after))
            if high > low
        ]
        if len(sides) == 1:
            return sides[0]
        first, second = sides
        if first * second <= 0:
            return 0
        return 2 * first * second / (first + second)


def _hermite(ends: Point, slopes: Point, part: float) -> tuple[float, float]:
    """Return the value between two ends, and how it changes there."""
    (begin, end), (first, last) = ends, slopes
    square, cube = part**2, part**3
    value = (
        (2 * cube - 3 * square + 1) * begin
        + (cube - 2 * square + part) * first
        + (3 * square - 2 * cube) * end
        + (cube - square) * last
    )
    change = (
        (6 * square - 6 * part) * (begin - end)
        + (3 * square - 4 * part + 1) * first
        + (3 * square - 2 * part) * last
    )
    return value, change


def _half_hull(points: Sequence[Point]) -> list[Point]:
    kept: list[Point] = []
    for x, y in points:
        while len(kept) > 1:
            (x1, y1), (x2, y2) = kept[-2:]
            if (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) > 0:
                break
            kept.pop()
        kept.append((x, y))
    return kept[:-1]
