"""Cups, mugs and saucers of stoneware."""

from __future__ import annotations

from dataclasses import dataclass

from artwork.scene import Mood, contact
from artwork.solids import SQUASH, Turned
from artwork.svg import Canvas, Point, clear, group, mix, oval, path

CLAY = "#b98a63"
"""The unglazed rim of stoneware."""


@dataclass(frozen=True, slots=True)
class Glaze:
    """The colours of a piece of stoneware, outside and inside."""

    color: str
    inside: str = "#fbf3e6"
    shade: str = "#4a2a18"
    speckles: str = "#5b3a22"


CREAM = Glaze("#f6ebda")
TERRACOTTA = Glaze("#c9714a", shade="#5a2412", speckles="#7a3418")
SLATE = Glaze("#5f7686", shade="#1d2a36", speckles="#2c3a46")
SAGE = Glaze("#9fae8d", shade="#3c4a30", speckles="#55613f")
ROSE = Glaze("#b9574f", shade="#4d1713", speckles="#6d241e")
TEAL = Glaze("#5f8b86", shade="#15302f", speckles="#234644")
OCHRE = Glaze("#dba545", shade="#6a3f0d", speckles="#8a5a1c")


def cup(canvas: Canvas, body: Turned, glaze: Glaze, wall: float = 13) -> Point:
    """Paint a cup without what is in it; gives the middle of its rim."""
    x = body.foot[0]
    wide = max(radius for _, radius in body.profile)
    outline = body.outline()
    clip = canvas.clip(path(outline))
    around = canvas.linear(
        (x - wide, 0),
        (x + wide, 0),
        [
            (0, mix(glaze.color, glaze.shade, 0.2)),
            (0.1, mix(glaze.color, "#ffffff", 0.04)),
            (0.25, mix(glaze.color, "#fff8ea", 0.27)),
            (0.5, glaze.color),
            (0.8, mix(glaze.color, glaze.shade, 0.36)),
            (0.94, mix(glaze.color, glaze.shade, 0.5)),
            (1, mix(glaze.color, glaze.shade, 0.36)),
        ],
    )
    top, bottom = body.center(body.height)[1], body.foot[1]
    below = canvas.linear(
        (0, top),
        (0, bottom + wide * 0.2),
        [
            (0.35, clear(glaze.shade, 0)),
            (0.85, clear(glaze.shade, 0.26)),
            (1, clear(glaze.shade, 0.5)),
        ],
    )
    shine = oval(
        (x - wide * 0.56, (top + bottom) / 2 + wide * 0.12),
        wide * 0.055,
        (bottom - top) * 0.4,
        "#ffffff",
        opacity=0.5,
        filter=canvas.blur(9),
    )
    canvas.draw(
        group(
            path(outline, around),
            path(outline, below),
            speckles(canvas, path(outline, "#000"), glaze.speckles),
            shine,
            clip_path=clip,
        )
    )
    return rim(canvas, body, glaze, wall)


def rim(canvas: Canvas, body: Turned, glaze: Glaze, wall: float) -> Point:
    """Paint the rim and the inner side of a cup."""
    center = body.center(body.height)
    radius = body.profile[-1][1]
    lip = canvas.linear(
        (center[0] - radius, 0),
        (center[0] + radius, 0),
        [(0, mix(CLAY, "#ffffff", 0.45)), (0.5, CLAY), (1, mix(CLAY, glaze.shade, 0.35))],
    )
    inner = canvas.linear(
        (center[0] - radius, center[1]),
        (center[0] + radius, center[1] + 20),
        [
            (0, mix(glaze.inside, glaze.shade, 0.48)),
            (0.3, mix(glaze.inside, glaze.shade, 0.3)),
            (0.75, mix(glaze.inside, glaze.shade, 0.05)),
            (1, "#fffaf0"),
        ],
    )
    canvas.draw(
        oval(center, radius, radius * SQUASH, lip),
        oval(
            center,
            radius - wall * 0.45,
            (radius - wall * 0.45) * SQUASH,
            mix(CLAY, "#fff4e2", 0.35),
        ),
        oval(center, radius - wall, (radius - wall) * SQUASH, inner),
    )
    return center


def handle(canvas: Canvas, curve: str, width: float, glaze: Glaze) -> None:
    """Paint a handle along a curve; the body goes over its ends."""
    color = glaze.color
    strokes = [
        (mix(color, glaze.shade, 0.52), width, 0, 0),
        (mix(color, glaze.shade, 0.2), width * 0.74, -2, -3),
        (mix(color, "#fff8ea", 0.12), width * 0.4, -4, -6),
        (mix(color, "#ffffff", 0.6), width * 0.12, -6, -9),
    ]
    for place, (stroke, wide, dx, dy) in enumerate(strokes):
        canvas.draw(
            path(
                curve,
                stroke=stroke,
                stroke_width=wide,
                stroke_linecap="round",
                transform=f"translate({dx} {dy})",
                **({"filter": canvas.blur(width * 0.07)} if place else {}),
            )
        )


def saucer(canvas: Canvas, mood: Mood, center: Point, radius: float, glaze: Glaze) -> None:
    """Paint a saucer, whose well is at `center`."""
    x, y = center
    canvas.draw(
        oval(
            (x + 34, y + 34),
            radius,
            radius * SQUASH,
            clear(mood.shadow, 0.45),
            filter=canvas.blur(20),
        ),
        oval(
            (x + 8, y + 26),
            radius * 0.9,
            radius * 0.9 * SQUASH,
            clear(mood.shadow, 0.6),
            filter=canvas.blur(7),
        ),
    )
    face = canvas.linear(
        (x - radius, y - radius * 0.4),
        (x + radius, y + radius * 0.4),
        [
            (0, mix(glaze.color, "#ffffff", 0.35)),
            (0.45, glaze.color),
            (1, mix(glaze.color, glaze.shade, 0.34)),
        ],
    )
    well = canvas.linear(
        (x - radius * 0.6, y),
        (x + radius * 0.6, y),
        [
            (0, mix(glaze.color, glaze.shade, 0.3)),
            (0.6, mix(glaze.color, glaze.shade, 0.1)),
            (1, mix(glaze.color, "#ffffff", 0.3)),
        ],
    )
    under = mix(glaze.color, glaze.shade, 0.55)
    canvas.draw(
        oval((x, y + 15), radius * 0.985, radius * SQUASH * 0.985, under),
        oval(center, radius, radius * SQUASH, mix(CLAY, "#fff0d8", 0.3)),
        oval((x, y + 1), radius - 5, (radius - 5) * SQUASH, face),
        speckles(canvas, oval(center, radius - 6, (radius - 6) * SQUASH, "#000"), glaze.speckles),
        oval((x, y + 3), radius * 0.62, radius * 0.62 * SQUASH, well, filter=canvas.blur(3)),
        oval((x, y + 8), radius * 0.58, radius * 0.58 * SQUASH, face),
    )


def on_saucer(
    canvas: Canvas, glaze: Glaze, center: Point, radius: float, low: float, high: float
) -> None:
    """Cast a cup's shadow on the saucer below it."""
    x, y = center
    clip = canvas.clip(oval(center, radius, radius * SQUASH, "#000"))
    cast = oval(
        (x + high * 0.5, y + 16),
        high * 0.98,
        high * 0.98 * SQUASH,
        clear(glaze.shade, 0.55),
        filter=canvas.blur(14),
    )
    canvas.draw(group(cast, clip_path=clip))
    contact(canvas, glaze.shade, center, low)


def speckles(canvas: Canvas, shape: str, color: str) -> str:
    """Paint the iron specks of stoneware over a shape."""
    return group(shape, filter=canvas.texture(color, "0.24", 14, -9.9, 7), opacity=0.4)


def spoon(canvas: Canvas, mood: Mood, foot: Point, turn: float, size: float = 1) -> None:
    """Lay a steel spoon on something; its bowl is at `foot`, its handle turned in degrees."""
    steel = canvas.linear((0, -30), (0, 30), [(0, "#fdfbf6"), (0.5, "#c9c2b8"), (1, "#8b8178")])
    bowl = canvas.radial((-12, -8), 70, [(0, "#8f867d"), (0.55, "#cfc8be"), (1, "#fdfaf4")], 0.7)
    shape = (
        "M-62 0C-62 -26 -30 -37 4 -33C34 -29 50 -12 74 -9L312 -15C334 -15 334 15 312 15"
        "L74 9C50 12 34 29 4 33C-30 37 -62 26 -62 0Z"
    )
    x, y = foot
    turned = f"matrix(1 0 0 0.62 0 0) rotate({turn}) scale({size})"
    place = f"translate({x:.0f} {y:.0f}) {turned}"
    canvas.draw(
        path(
            shape,
            clear(mood.shadow, 0.55),
            transform=f"translate(9 12) {place}",
            filter=canvas.blur(6),
        ),
        path(shape, "#857b71", transform=f"translate(0 5) {place}"),
        path(shape, steel, transform=place),
        group(oval((-10, 0), 43, 25, bowl), transform=place),
    )
