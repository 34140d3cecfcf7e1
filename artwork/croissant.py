"""The croissant."""

from __future__ import annotations

import math
import random

from artwork.glassware import glass_back, glass_front, liquid
from artwork.mesh import Matter, Vector, facets
from artwork.scene import BAKERY, finish, room, shadow
from artwork.solids import SQUASH, Turned, project
from artwork.stoneware import SAGE, saucer
from artwork.svg import Canvas, Point, clear, mix, oval, path, polygon

_CRUST = Matter(shade="#4a1f08", gloss=0.45, sharp=22, ambient=0.36)


def croissant() -> Canvas:
    """A croissant on a plate, with a jar of jam."""
    canvas = Canvas()
    room(canvas, BAKERY, -20)
    _jam(canvas, (1270, 800))
    with canvas.enlarged(1.14, (800, 900)):
        saucer(canvas, BAKERY, (780, 880), 480, SAGE)
        foot = (775, 872)
        ground = [
            project(foot, x + 34, 0, z + 22)
            for x, _, z in (_crescent(u / 60, v, 1.1) for v in (0.0, 0.5) for u in range(61))
        ]
        shape = [*ground[:61], *ground[:60:-1]]
        canvas.draw(path(polygon(shape), clear(BAKERY.shadow, 0.62), filter=canvas.blur(13)))
        canvas.draw(facets(foot, _crescent, _baked, _CRUST, (296, 90)))
        crumbs(canvas, (610, 950), (900, 1000), 18)
    finish(canvas, BAKERY)
    return canvas


def _layer(u: float) -> tuple[float, int]:
    """Return how far a place is in its layer, from the middle outwards, and which layer it is."""
    way = abs(2 * u - 1) * 3.7 + 0.5
    return way % 1, int(way)


def _crescent(u: float, v: float, grown: float = 1.0) -> Vector:
    part, layer = _layer(u)
    side = 2 * u - 1
    slanted = side - 0.11 * math.sin(v * math.tau + 0.3) * (1 - side * side)
    angle = slanted * 1.92
    thick = 152 * max(math.cos(math.pi / 2 * slanted), 0) ** 0.74
    bulge = 0.83 + 0.19 * math.sin(math.pi * (0.06 + 0.6 * part))
    if layer == 0:
        bulge = 1.03 - 0.05 * part
    size = thick * bulge * grown
    around = v * math.tau
    out, lift = size * math.cos(around), size * math.sin(around) * 0.84
    x = (310 + out) * math.sin(angle)
    z = -(250 + out) * math.cos(angle) * 0.94
    turn = -0.16
    return (
        x * math.cos(turn) - z * math.sin(turn),
        max(lift + thick * 0.7, 0),
        x * math.sin(turn) + z * math.cos(turn) + 110,
    )


def _baked(u: float, v: float, normal: Vector) -> str:
    part, layer = _layer(u)
    wander = 1.3 * math.sin(v * 17 + layer * 2) + 0.8 * math.sin(v * 41 + layer)
    streak = math.sin(part * 46 + wander) * (0.6 + 0.4 * math.sin(v * 29 + part * 5))
    patch = math.sin(u * 33 + 2 * math.sin(v * 13)) * math.sin(v * 21 + u * 11)
    deep = 0.1 + 0.78 * math.sin(math.pi * min(0.08 + 0.72 * part, 1)) + 0.07 * streak + 0.1 * patch
    color = mix("#f7dba0", "#e09a3c", min(deep * 1.45, 1))
    color = mix(color, "#a4551a", max(0.0, deep - 0.52) * 1.5)
    if part < 0.08:
        color = mix(color, "#a5611f", (0.08 - part) * 8)
    return mix(color, "#7a3a10", 0.55 * max(0.0, -normal[1]))


def _jam(canvas: Canvas, foot: Point) -> None:
    """A small jar of raspberry jam."""
    body = Turned(foot, ((0, 92), (10, 100), (90, 106), (150, 104), (172, 92), (190, 92)))
    shadow(canvas, BAKERY, foot, 98, 92, 170)
    glass_back(canvas, body)
    inner = liquid(
        canvas,
        body,
        [(0, "#6d0f1c"), (0.5, "#98182b"), (1, "#b8293a")],
        14,
        150,
        "#f0596a",
    )
    x, y = inner.center(150)
    canvas.draw(
        oval((x, y), 94, 94 * SQUASH, "#8d1526"),
        oval((x - 26, y - 12), 34, 9, "#ffb3b0", opacity=0.6, filter=canvas.blur(4)),
    )
    chance = random.Random(9)
    for _ in range(26):
        seed = (x + chance.uniform(-80, 80), y + chance.uniform(50, 140))
        canvas.draw(oval(seed, 3, 4, "#e88a6a", opacity=0.5))
    glass_front(canvas, body, 14)


def crumbs(canvas: Canvas, first: Point, last: Point, count: int) -> None:
    """Strew crumbs between two corners."""
    chance = random.Random(4)
    for _ in range(count):
        x, y = chance.uniform(first[0], last[0]), chance.uniform(first[1], last[1])
        size = 2 + 7 * chance.random() ** 2
        canvas.draw(
            oval((x + 3, y + 3), size, size * 0.6, clear(BAKERY.shadow, 0.5)),
            oval((x, y), size, size * 0.7, chance.choice(["#e9bd7c", "#c98b45", "#9a5a24"])),
        )
