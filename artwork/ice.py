"""Ice cubes, and the drops on a cold glass."""

from __future__ import annotations

import math
import random

from artwork.mesh import LIGHT, VIEW, Slab, Vector, cross, dot
from artwork.solids import Turned
from artwork.svg import Canvas, Point, clear, element, group, mix, oval


def cube(canvas: Canvas, center: Point, size: float, turn: float, tilt: float) -> str:
    """Draw a cube of ice; its turn and tilt are in degrees."""
    right, up, near = _axes(math.radians(turn), math.radians(tilt))
    half = size / 2
    parts = []
    for first, second in [(right, up), (up, near), (near, right)]:
        normal = cross(first, second)
        sign = 1.0 if dot(normal, VIEW) > 0 else -1.0
        a, b = (first, second) if sign > 0 else (second, first)
        outward = (normal[0] * sign * half, normal[1] * sign * half, normal[2] * sign * half)
        parts.append(_face(canvas, Slab(center, outward, a, b, 0), half))
    return group(*parts)


def drops(canvas: Canvas, body: Turned, low: float, high: float, count: int, seed: int) -> None:
    """Let water condense on a glass between two heights."""
    chance = random.Random(seed)
    parts = []
    for _ in range(count):
        height = chance.uniform(low, high)
        angle = chance.uniform(0.12, math.pi - 0.12)
        radius = body.radius(height)
        x = body.foot[0] + radius * math.cos(angle) * 0.97
        y = body.center(height)[1] + radius * 0.4 * math.sin(angle)
        size = 2 + 7 * chance.random() ** 3
        wide = size * (0.35 + 0.65 * math.sin(angle))
        parts.append(_drop((x, y), wide, size * chance.uniform(1.05, 1.5)))
    canvas.draw(*parts)


def _drop(place: Point, wide: float, high: float) -> str:
    x, y = place
    return group(
        oval((x + 1, y + high * 0.3), wide, high, "#10303a", opacity=0.28),
        oval(place, wide, high, "#ffffff", opacity=0.3),
        oval((x + wide * 0.15, y + high * 0.42), wide * 0.7, high * 0.45, "#ffffff", opacity=0.45),
        oval((x - wide * 0.32, y - high * 0.42), wide * 0.28, high * 0.24, "#ffffff", opacity=0.95),
    )


def _face(canvas: Canvas, slab: Slab, half: float) -> str:
    bright = max(0.0, dot(slab.normal, LIGHT))
    base = mix("#8fb4c0", "#ffffff", 0.25 + 0.75 * bright)
    fill = canvas.linear(
        (-half, half),
        (half, -half),
        [
            (0, clear("#ffffff", 0.98)),
            (0.4, clear(base, 0.9)),
            (1, clear(mix(base, "#7ea6b4", 0.4), 0.92)),
        ],
    )
    side, corner, inner = 2 * half * 0.97, half * 0.3, half * 1.3
    return group(
        element(
            "rect",
            x=-side / 2,
            y=-side / 2,
            width=side,
            height=side,
            rx=corner,
            fill=fill,
            stroke=clear("#ffffff", 0.75),
            stroke_width=2.5,
        ),
        element(
            "rect",
            x=-inner / 2,
            y=-inner / 2,
            width=inner,
            height=inner,
            rx=corner * 1.1,
            fill=clear("#ffffff", 0.13 + 0.25 * bright),
            filter=canvas.blur(half * 0.09),
        ),
        transform=slab.matrix,
    )


def _axes(turn: float, tilt: float) -> tuple[Vector, Vector, Vector]:
    right = (math.cos(turn), math.sin(tilt) * math.sin(turn) * 0.6, math.sin(turn))
    length = math.sqrt(dot(right, right))
    right = (right[0] / length, right[1] / length, right[2] / length)
    leaning = (math.sin(tilt), math.cos(tilt), 0.0)
    near = cross(right, leaning)
    length = math.sqrt(dot(near, near))
    near = (near[0] / length, near[1] / length, near[2] / length)
    return right, cross(near, right), near
