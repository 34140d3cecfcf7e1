"""The mocha."""

from __future__ import annotations

import math
import random

from artwork.glassware import glass_back, glass_front, glass_handle, liquid
from artwork.mesh import Matter, Vector, facets
from artwork.scene import COFFEE, finish, room, shadow
from artwork.solids import SQUASH, Turned
from artwork.surfaces import disc
from artwork.svg import Canvas, Point, group, path

_CREAM = Matter(shade="#b98655", gloss=0.3, sharp=10, ambient=0.46)


def mocha() -> Canvas:
    """A glass with layers of chocolate, coffee and milk under whipped cream."""
    canvas = Canvas()
    room(canvas, COFFEE, 70)
    with canvas.enlarged(1.2, (780, 930)):
        body = Turned((770, 1020), ((0, 150), (12, 160), (70, 168), (250, 190), (430, 206)))
        shadow(canvas, COFFEE, body.foot, 160, 195, 380)
        glass_handle(canvas, "M950 700C1120 660 1160 780 1110 860C1075 905 1010 915 930 890")
        glass_back(canvas, body)
        liquid(
            canvas,
            body,
            [
                (0, "#2a0f06"),
                (0.2, "#3a170a"),
                (0.32, "#6d3a1c"),
                (0.55, "#9a6337"),
                (0.74, "#c39567"),
                (0.84, "#f2dfc2"),
                (1, "#fbf0df"),
            ],
            34,
            425,
            "#e6b67c",
        )
        rim = body.center(430)
        canvas.draw(disc((rim[0], rim[1] + 6), 192, "#e3c7a2"))
        glass_front(canvas, body, 34)
        canvas.draw(whipped_cream((rim[0], rim[1] + 8), 168, 205))
        _shavings(canvas, rim)
    finish(canvas, COFFEE)
    return canvas


def whipped_cream(foot: Point, radius: float, height: float) -> str:
    """Draw a swirl of cream."""

    def swirl(u: float, v: float) -> Vector:
        angle = v * math.tau
        tower = (1 - u) ** 0.72
        ridge = 1 + 0.13 * math.cos(7 * angle + 9 * u) * (1 - u * 0.6) * min(1.0, 0.3 + 4 * u)
        turns = 0.10 * math.sin(u * math.tau * 2.6 + angle)
        size = radius * tower * (ridge + turns)
        lift = height * (u**0.9) + 16 * math.sin(u * math.tau * 2.6 + angle) * (1 - u)
        return size * math.cos(angle), lift, -size * math.sin(angle)

    return facets(foot, swirl, lambda _u, _v, _n: "#fffaf0", _CREAM, (70, 150))


def _shavings(canvas: Canvas, rim: Point) -> None:
    """Strew flakes of chocolate over the cream."""
    chance = random.Random(11)
    for _ in range(34):
        height = chance.uniform(0.12, 0.9)
        reach = 150 * (1 - height) ** 0.72
        angle = chance.uniform(0.1, math.pi - 0.1)
        x = rim[0] + reach * math.cos(angle)
        y = rim[1] + 8 - 188 * height + reach * SQUASH * math.sin(angle)
        turn, size = chance.uniform(0, 180), chance.uniform(0.35, 0.75)
        flake = "M-24 3C-10 -9 12 -10 26 1C12 0 -6 4 -18 11Z"
        canvas.draw(
            group(
                path(flake, "#a9774a", transform="translate(3 6)", opacity=0.45),
                path(flake, "#3d1a0b"),
                path("M-20 2C-8 -7 10 -8 22 0", stroke="#7d4727", stroke_width=3),
                transform=f"translate({x:.0f} {y:.0f}) rotate({turn:.0f}) scale({size:.2f})",
            )
        )
