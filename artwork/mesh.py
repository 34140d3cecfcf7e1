"""Uneven bodies, as dough and cream are: a surface in small facets, each lit by its slope."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from artwork.solids import SQUASH, UPRIGHT, project
from artwork.svg import Point, clear, element, mix, polygon

Vector: TypeAlias = tuple[float, float, float]
"""To the right, up, and towards the viewer."""

VIEW: Vector = (0.0, SQUASH, UPRIGHT)
LIGHT: Vector = (-0.60, 0.70, 0.39)
_HALF: Vector = (-0.345, 0.632, 0.694)
"""Half way between light and viewer: what is turned there, shines."""


@dataclass(frozen=True, slots=True)
class Matter:
    """How a body takes the light."""

    shade: str
    light: str = "#fff6e0"
    gloss: float = 0.3
    sharp: float = 18
    ambient: float = 0.42


Surface: TypeAlias = Callable[[float, float], Vector]
Coloring: TypeAlias = Callable[[float, float, Vector], str]


def facets(
    foot: Point,
    surface: Surface,
    coloring: Coloring,
    matter: Matter,
    steps: tuple[int, int],
) -> str:
    """Draw a surface of two parameters from 0 to 1, the nearer facets over the farther ones."""
    found = sorted(_facets(foot, surface, coloring, matter, steps), key=lambda each: each[0])
    return "".join(markup for _, markup in found)


def lit(color: str, normal: Vector, matter: Matter, occlusion: float = 1) -> str:
    """Return a colour as it looks on a slope."""
    bright = max(0.0, dot(normal, LIGHT))
    part = (matter.ambient + (1 - matter.ambient) * bright) * occlusion
    shine = matter.gloss * max(0.0, dot(normal, _HALF)) ** matter.sharp * occlusion
    return mix(mix(matter.shade, color, min(part * 1.12, 1)), matter.light, shine)


def dot(a: Vector, b: Vector) -> float:
    """Return the inner product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def unit(vector: Vector) -> Vector:
    """Return the direction of a vector."""
    length = math.sqrt(dot(vector, vector)) or 1
    return vector[0] / length, vector[1] / length, vector[2] / length


def cross(a: Vector, b: Vector) -> Vector:
    """Return the outer product."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def between(a: Vector, b: Vector) -> Vector:
    """Return the way from one point to another one."""
    return b[0] - a[0], b[1] - a[1], b[2] - a[2]


def _facets(
    foot: Point, surface: Surface, coloring: Coloring, matter: Matter, steps: tuple[int, int]
) -> Iterator[tuple[float, str]]:
    along, around = steps
    grid = [[surface(u / along, v / around) for v in range(around + 1)] for u in range(along + 1)]
    for u in range(along):
        for v in range(around):
            corners = [grid[u][v], grid[u + 1][v], grid[u + 1][v + 1], grid[u][v + 1]]
            normal = unit(cross(between(corners[1], corners[3]), between(corners[0], corners[2])))
            if dot(normal, VIEW) <= 0:
                continue
            color = lit(coloring((u + 0.5) / along, (v + 0.5) / around, normal), normal, matter)
            depth = sum(dot(corner, VIEW) for corner in corners)
            outline = polygon(project(foot, *corner) for corner in corners)
            yield depth, element("path", d=outline, fill=color, stroke=color)


@dataclass(frozen=True, slots=True)
class Slab:
    """A flat shape in space with a thickness behind it.

    `origin` is where the shape's (0, 0) is; `right` and `up` are the directions of its axes.
    """

    foot: Point
    origin: Vector
    right: Vector
    up: Vector
    depth: float

    @property
    def normal(self) -> Vector:
        """The direction that its face looks to."""
        return cross(self.right, self.up)

    @property
    def matrix(self) -> str:
        """The transformation by which a drawing comes on its face; `y` counts upwards."""
        x, y = project(self.foot, *self.origin)
        a, b = project((0, 0), *self.right)
        c, d = project((0, 0), *self.up)
        return f"matrix({a:.4f} {b:.4f} {c:.4f} {d:.4f} {x:.1f} {y:.1f})"

    def point(self, x: float, y: float, behind: float = 0) -> Vector:
        """Return a point of its face, or behind it."""
        values = [
            self.origin[axis]
            + x * self.right[axis]
            + y * self.up[axis]
            - behind * self.normal[axis]
            for axis in range(3)
        ]
        return values[0], values[1], values[2]

    def outline(self, points: list[Point], behind: float = 0) -> list[Point]:
        """Project a shape on its face, or behind it."""
        return [project(self.foot, *self.point(x, y, behind)) for x, y in points]


def ghost(color: str, alpha: float) -> str:
    """Return a colour that lets through what is behind it."""
    return clear(color, alpha)
