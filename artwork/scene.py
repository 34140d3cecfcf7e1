"""The room that all pictures share: a wall in morning light, a table, shadows on it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from artwork.solids import SQUASH, arc, hull
from artwork.svg import (
    HEIGHT,
    WIDTH,
    Canvas,
    Point,
    clear,
    element,
    group,
    line,
    mix,
    oval,
    path,
    polygon,
)

TABLE = 640
"""Where the wall ends and the table begins."""


@dataclass(frozen=True, slots=True)
class Mood:
    """The colours of a room."""

    wall: str
    wall_shade: str
    table: str
    table_shade: str
    light: str
    shadow: str
    grain: str


COFFEE = Mood("#f6e6cf", "#e2c19a", "#d9a878", "#b67d4e", "#fff3d6", "#5a2f14", "#8a5228")
COLD = Mood("#e2eeec", "#a9cbd0", "#d9e2df", "#a3bcbf", "#fbfff8", "#27454e", "#7fa0a5")
HOT = Mood("#f5dfd3", "#d8a596", "#c99473", "#9f6548", "#fff0dc", "#52261a", "#7c4328")
BAKERY = Mood("#fbedc9", "#ebc888", "#e6c79c", "#c39a67", "#fffae3", "#6b3f14", "#a67a45")


def room(canvas: Canvas, mood: Mood, shift: float = 0) -> None:
    """Paint wall and table; the light on the wall is moved to the right by `shift`."""
    wall = canvas.linear((0, 0), (WIDTH, 760), [(0, mood.wall), (1, mood.wall_shade)])
    canvas.draw(element("rect", width=WIDTH, height=HEIGHT, fill=wall))
    light = group(_window(canvas, mood), _branch(canvas, mood))
    canvas.draw(group(light, transform=f"translate({shift} 0)"))
    canvas.draw(_table(canvas, mood))


def finish(canvas: Canvas, mood: Mood) -> None:
    """Let the light come from the top left, and the corners rest."""
    glow = canvas.radial(
        (180, 60), 1150, [(0, clear(mood.light, 0.38)), (1, clear(mood.light, 0))], 0.85
    )
    corner = canvas.radial(
        (740, 540),
        1330,
        [
            (0.4, clear(mood.shadow, 0)),
            (0.7, clear(mood.shadow, 0.06)),
            (0.88, clear(mood.shadow, 0.16)),
            (1, clear(mood.shadow, 0.3)),
        ],
        0.85,
    )
    canvas.draw(
        element("rect", width=WIDTH, height=HEIGHT, fill=glow),
        element("rect", width=WIDTH, height=HEIGHT, fill=corner),
    )


def shadow(canvas: Canvas, mood: Mood, foot: Point, low: float, high: float, height: float) -> None:
    """Cast the shadow of a body on the table, to the right, by its radii and its height."""
    x, y = foot
    far = (x + height * 0.95, y + height * 0.16)
    shape = hull([*arc(foot, low, 0, math.tau), *arc(far, high, 0, math.tau)])
    paint = canvas.linear(
        (x, y),
        (far[0] + high, far[1]),
        [
            (0, clear(mood.shadow, 0.62)),
            (0.5, clear(mood.shadow, 0.4)),
            (1, clear(mood.shadow, 0.02)),
        ],
    )
    canvas.draw(path(polygon(shape), paint, filter=canvas.blur(16)))
    contact(canvas, mood.shadow, foot, low)


def contact(canvas: Canvas, color: str, foot: Point, radius: float) -> None:
    """Darken the table right below a body."""
    x, y = foot
    canvas.draw(
        oval(
            (x + 10, y + 8),
            radius * 1.03,
            radius * 1.03 * SQUASH,
            clear(color, 0.5),
            filter=canvas.blur(9),
        )
    )


def steam(canvas: Canvas, foot: Point, height: float, spread: float) -> None:
    """Let steam rise from a place."""
    for offset, size, phase, wide in [
        (-0.42, 0.8, 0.6, 20),
        (0.1, 1.0, 3.4, 26),
        (0.6, 0.66, 1.9, 16),
    ]:
        x, y = foot[0] + offset * spread, foot[1]
        top = y - height * size
        paint = canvas.linear(
            (0, y),
            (0, top),
            [(0, "#ffffff00"), (0.22, "#ffffffa8"), (0.6, "#ffffff60"), (1, "#ffffff00")],
        )
        left, right = _wisp((x, y), height * size, phase, wide)
        canvas.draw(
            path(polygon([*left, *right[::-1]]), paint, filter=canvas.blur(13), opacity=0.75),
            path(line(left[2:]), stroke=paint, stroke_width=7, filter=canvas.blur(5), opacity=0.75),
        )


def _wisp(foot: Point, height: float, phase: float, wide: float) -> tuple[list[Point], list[Point]]:
    left, right = [], []
    for step in range(41):
        part = step / 40
        sway = (math.sin(part * 6.4 + phase) - math.sin(phase)) * (14 + 22 * part)
        width = wide * (
            0.35 + math.sin(part * math.pi) * (0.9 + 0.5 * math.sin(part * 6.4 + phase + 1.3))
        )
        y = foot[1] - part * height
        left.append((foot[0] + sway - width * 0.4, y))
        right.append((foot[0] + sway + width, y))
    return left, right


def _window(canvas: Canvas, mood: Mood) -> str:
    """Paint the light of a window with six panes on the wall."""
    panes = []
    for column in range(2):
        for row in range(3):
            x, y = 150 + column * 330, -90 + row * 245 + column * 70
            panes.append([(x, y), (x + 290, y + 62), (x + 290, y + 275), (x, y + 213)])
    paint = canvas.linear(
        (150, 0), (900, 700), [(0, clear(mood.light, 0.85)), (1, clear(mood.light, 0.3))]
    )
    shapes = [path(polygon(pane), paint) for pane in panes]
    return group(*shapes, filter=canvas.blur(7))


def _branch(canvas: Canvas, mood: Mood) -> str:
    """Paint the shadow of a branch before the window."""
    color = mix(mood.wall_shade, mood.shadow, 0.3)
    parts = [path("M1330 -80C1180 60 1010 120 860 236", stroke=color, stroke_width=7)]
    count = 12
    for step in range(count):
        part = step / (count - 1)
        x, y = _on_stem(part)
        way = -1 if step % 2 else 1
        angle = 140 + way * (47 - 20 * part) + 9 * math.sin(step * 2.4)
        size = 196 - 66 * part + 22 * math.sin(step * 1.7)
        parts.append(
            path(_leaf(size), color, transform=f"translate({x:.0f} {y:.0f}) rotate({angle:.0f})")
        )
    parts.append(path(_leaf(128), color, transform="translate(866 230) rotate(140)"))
    return group(*parts, filter=canvas.blur(8), opacity=0.3)


def _on_stem(part: float) -> Point:
    """Follow the stem, a Bézier curve."""
    points = [(1330, -80), (1180, 60), (1010, 120), (860, 236)]
    weights = [(1 - part) ** 3, 3 * part * (1 - part) ** 2, 3 * part**2 * (1 - part), part**3]
    return (
        sum(weight * x for weight, (x, _) in zip(weights, points, strict=True)),
        sum(weight * y for weight, (_, y) in zip(weights, points, strict=True)),
    )


def _leaf(size: float) -> str:
    half = size * 0.17
    return (
        f"M0 0C{size * 0.2:.0f} {-half * 1.2:.0f} {size * 0.65:.0f} {-half * 1.3:.0f} {size:.0f} 0"
        f"C{size * 0.65:.0f} {half * 1.1:.0f} {size * 0.2:.0f} {half:.0f} 0 0Z"
    )


def _table(canvas: Canvas, mood: Mood) -> str:
    paint = canvas.linear(
        (0, TABLE),
        (WIDTH, HEIGHT),
        [(0, mix(mood.table, mood.light, 0.35)), (0.45, mood.table), (1, mood.table_shade)],
    )
    board = element("rect", x=0, y=TABLE, width=WIDTH, height=HEIGHT - TABLE, fill=paint)
    grain = element(
        "rect",
        x=0,
        y=TABLE,
        width=WIDTH,
        height=HEIGHT - TABLE,
        fill="#000",
        filter=canvas.texture(mood.grain, "0.0016 0.045", 1.5, -0.62, 4),
        opacity=0.5,
    )
    light = path(
        polygon(
            [
                (-200, 900),
                (350, TABLE - 40),
                (1060, TABLE - 40),
                (300, HEIGHT + 60),
                (-200, HEIGHT + 60),
            ]
        ),
        canvas.linear(
            (0, 700), (800, 1100), [(0, clear(mood.light, 0.5)), (1, clear(mood.light, 0.05))]
        ),
        filter=canvas.blur(16),
    )
    edge = element(
        "rect",
        x=-100,
        y=TABLE - 2,
        width=WIDTH + 200,
        height=5,
        fill=clear(mood.light, 0.75),
        filter=canvas.blur(1.5),
    )
    under = element(
        "rect",
        x=-100,
        y=TABLE - 26,
        width=WIDTH + 200,
        height=26,
        fill=clear(mood.shadow, 0.22),
        filter=canvas.blur(10),
    )
    inside = canvas.clip(element("rect", x=0, y=TABLE, width=WIDTH, height=HEIGHT))
    return under + board + group(grain, light, clip_path=inside) + edge
