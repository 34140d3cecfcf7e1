"""The banana bread."""

from __future__ import annotations

import math
import random

from artwork.croissant import crumbs
from artwork.mesh import VIEW, Matter, Slab, Vector, between, cross, dot, facets, lit, unit
from artwork.scene import BAKERY, finish, room
from artwork.solids import SQUASH, hull, project
from artwork.svg import Canvas, Point, clear, element, group, mix, oval, path, polygon

_PEEL = Matter(shade="#7a4a0c", gloss=0.22, sharp=16, ambient=0.46)

_LOAF = Matter(shade="#3a1808", gloss=0.18, sharp=14, ambient=0.42)


def banana_bread() -> Canvas:
    """A loaf on a board, with two slices cut."""
    canvas = Canvas()
    room(canvas, BAKERY, 50)
    _board(canvas)
    foot = (800, 850)
    side, up = unit((0.66, 0.0, 0.75)), (0.0, 1.0, 0.0)
    loaf = Slab(foot, (0, 0, -30), side, up, 370)
    leaning = Slab(
        foot,
        (-205, 6, 100),
        side,
        unit((up[0] - 0.42 * loaf.normal[0], 1.0, up[2] - 0.42 * loaf.normal[2])),
        54,
    )
    for slab, seed in [(loaf, 1), (leaning, 2)]:
        _ground(canvas, slab)
        _bread(canvas, slab, seed)
    _banana(canvas)
    crumbs(canvas, (450, 955), (760, 1010), 24)
    finish(canvas, BAKERY)
    return canvas


def _profile() -> list[Point]:
    """Outline of a slice, from its lower left corner over the top; 300 wide, 290 high."""
    points: list[Point] = [(-128, 8), (-118, 0), (118, 0), (128, 8)]
    points += [(128 + 30 * step / 8, 8 + 172 * step / 8) for step in range(1, 8)]
    for step in range(97):
        across = math.cos(math.pi * step / 96)
        angle = math.acos(math.copysign(abs(across) ** 1.6, across))
        wobble = 1 + 0.03 * math.sin(5 * angle) + 0.05 * math.exp(-(((angle - 1.65) / 0.22) ** 2))
        x = 158 * across
        points.append((x, 180 + 96 * wobble * math.sin(angle) ** 0.8))
    return points + [(-158 + 30 * step / 8, 180 - 172 * step / 8) for step in range(1, 8)]


def _bread(canvas: Canvas, slab: Slab, seed: int) -> None:
    points = _profile()
    strips: list[tuple[float, str]] = []
    count = max(round(slab.depth / 7), 1)
    for first, second in zip(points, [*points[1:], points[0]], strict=True):
        for step in range(count):
            a, b = slab.depth * step / count, slab.depth * (step + 1) / count
            corners = [
                slab.point(*first, a),
                slab.point(*first, b),
                slab.point(*second, b),
                slab.point(*second, a),
            ]
            normal = unit(cross(between(corners[0], corners[2]), between(corners[1], corners[3])))
            if dot(normal, VIEW) < 0:
                continue
            fill = lit(_crusty(first, a), normal, _LOAF)
            outline = polygon(project(slab.foot, *corner) for corner in corners)
            strips.append(
                (
                    sum(dot(corner, VIEW) for corner in corners),
                    element("path", d=outline, fill=fill, stroke=fill),
                )
            )
    canvas.draw(*(markup for _, markup in sorted(strips)))
    _face(canvas, slab, points, seed)


def _crusty(point: Point, behind: float) -> str:
    """Return the colour of the crust: the darker the higher, pale where it has risen open."""
    x, y = point
    spot = math.sin(x * 0.05 + behind * 0.031) * math.sin(behind * 0.052 - y * 0.04 + x * 0.02)
    color = mix("#c07a38", "#7f4114", 0.36 + 0.09 * spot + 0.34 * y / 290)
    if y < 250:
        return color
    middle = 8 + 10 * math.sin(behind * 0.045) + 5 * math.sin(behind * 0.13)
    open_ = math.exp(-(((x - middle) / (22 + 9 * math.sin(behind * 0.03))) ** 2))
    return mix(color, "#e9b873", open_ * 0.85)


def _face(canvas: Canvas, slab: Slab, points: list[Point], seed: int) -> None:
    outline = polygon(points)
    clip = canvas.clip(path(outline))
    bright = 0.72 + 0.4 * max(0.0, dot(slab.normal, (-0.60, 0.70, 0.39)))
    light = mix("#8a531f", "#f2cd8d", min(bright, 1))
    fill = canvas.radial(
        (-40, 170),
        230,
        [(0, light), (0.7, mix(light, "#d59a52", 0.4)), (1, mix(light, "#a8662a", 0.6))],
    )
    chance = random.Random(seed)
    specks = []
    for _ in range(90):
        x, y = chance.uniform(-140, 140), chance.uniform(14, 268)
        angle, size = chance.uniform(0, 180), chance.uniform(2, 7)
        specks.append(
            oval(
                (0, 0),
                size,
                size * 0.36,
                "#5a2b10",
                opacity=0.6,
                transform=f"translate({x:.0f} {y:.0f}) rotate({angle:.0f})",
            )
        )
    nuts = []
    for x, y, turn in [(-62, 96, 20), (58, 186, 70), (40, 56, -30), (-44, 208, 10)]:
        nuts.append(
            group(
                path(
                    "M-24 2C-22 -16 -6 -20 4 -12C16 -20 30 -6 24 8C14 20 -4 12 -8 16"
                    "C-18 18 -26 12 -24 2Z",
                    "#b27a41",
                ),
                path(
                    "M-18 0C-10 -10 -2 -6 4 0S18 2 20 2",
                    stroke="#8a5526",
                    stroke_width=4,
                    stroke_linecap="round",
                ),
                transform=f"translate({x} {y}) rotate({turn}) scale(0.85)",
            )
        )
    body = path(outline, fill)
    canvas.draw(
        group(
            body,
            group(
                path(outline, "#000"),
                filter=canvas.texture("#8a4d1a", "0.07", 8, -4.7, seed + 3),
                opacity=0.38,
            ),
            group(
                path(outline, "#000"),
                filter=canvas.texture("#fff0cc", "0.09", 8, -4.8, seed + 8),
                opacity=0.45,
            ),
            *specks,
            *nuts,
            path(outline, stroke="#8a4a1a", stroke_width=34, filter=canvas.blur(7), opacity=0.75),
            path(outline, stroke="#5f2c0f", stroke_width=14, filter=canvas.blur(1.5)),
            clip_path=clip,
            transform=slab.matrix,
        )
    )


def _ground(canvas: Canvas, slab: Slab, spread: float = 26) -> None:
    points = []
    for behind in (0, slab.depth):
        for x, y, z in (slab.point(px, py, behind) for px, py in _profile()):
            points.append(project(slab.foot, x + y * 0.55 + spread, 8, z + y * 0.1 + spread * 0.6))
            points.append(project(slab.foot, x + 6, 8, z + 8))
    canvas.draw(path(polygon(hull(points)), clear(BAKERY.shadow, 0.5), filter=canvas.blur(13)))


def _board(canvas: Canvas) -> None:
    x, y, radius = 800, 880, 590
    face = canvas.linear(
        (x - radius, y - 200),
        (x + radius, y + 200),
        [(0, "#cf9a66"), (0.5, "#b47a48"), (1, "#87532c")],
    )
    whole = oval((x, y), radius, radius * SQUASH, "#000")
    canvas.draw(
        oval(
            (x + 34, y + 44),
            radius,
            radius * SQUASH,
            clear(BAKERY.shadow, 0.5),
            filter=canvas.blur(20),
        ),
        oval((x, y + 26), radius, radius * SQUASH, "#6d3e1d"),
        oval((x, y), radius, radius * SQUASH, face),
        group(whole, filter=canvas.texture("#6b3a18", "0.0025 0.06", 2.4, -1.05, 14), opacity=0.55),
        oval(
            (x, y + 2),
            radius - 4,
            (radius - 4) * SQUASH,
            "none",
            stroke="#e9bd8a",
            stroke_width=4,
            opacity=0.5,
        ),
    )


def _banana(canvas: Canvas) -> None:
    foot = (1010, 965)
    ground = [
        project(foot, x + 22, 0, z + 10)
        for x, _, z in (_peel(u / 40, v) for v in (0.0, 0.5) for u in range(41))
    ]
    shape = [*ground[:41], *ground[:40:-1]]
    canvas.draw(
        path(polygon(shape), clear(BAKERY.shadow, 0.65), filter=canvas.blur(10)),
        facets(foot, _peel, _ripe, _PEEL, (150, 60)),
    )


def _peel(u: float, v: float) -> Vector:
    """A banana: five-sided, bent, with a stalk at its right end."""
    side = 2 * u - 1
    neck = min(max((side - 0.5) / 0.36, 0.0), 1.0)
    thick = 58 * (1 - 0.8 * neck * neck * (3 - 2 * neck))
    for rest, length in ((1 + side, 0.6), (1 - side, 0.03)):
        thick *= math.sqrt(max(1 - max(1 - rest / length, 0.0) ** 2, 0.0))
    around = v * math.tau
    size = thick * (1 + 0.045 * math.cos(5 * around))
    angle = side * 0.85
    out = size * math.cos(around)
    x = (320 + out) * math.sin(angle)
    z = (320 + out) * math.cos(angle) - 290
    lift = max(size * math.sin(around) + thick * 0.85, 0) + 24 * neck * neck
    turn = 0.12
    return x * math.cos(turn) - z * math.sin(turn), lift, x * math.sin(turn) + z * math.cos(turn)


def _ripe(u: float, v: float, _: Vector) -> str:
    color = mix("#f8d34f", "#e6b02a", 0.5 + 0.5 * math.cos(5 * v * math.tau))
    if u < 0.06:
        return mix("#4a2c10", color, u / 0.06)
    if u > 0.97:
        return "#5a3a16"
    return mix(color, "#a3a843", 0.55 * max(0.0, (u - 0.8) / 0.2))
