"""What is seen in a cup: coffee, crema, foam, and what is poured into them."""

from __future__ import annotations

import math

from artwork.solids import SQUASH, Turned
from artwork.svg import Canvas, Point, clear, curves, group, mix, oval, path

MILK = "#fdf3e1"
CREMA = "#b87333"
COFFEE = "#3a1c0d"


def surface(canvas: Canvas, body: Turned, depth: float, wall: float) -> tuple[Point, float, str]:
    """Give middle and radius of the surface at a depth below the rim, and the clip to look in."""
    center = body.center(body.height)
    inner = body.profile[-1][1] - wall
    clip = canvas.clip(oval(center, inner, inner * SQUASH, "#000"))
    level = body.center(body.height - depth)
    return level, min(body.radius(body.height - depth) - wall * 0.7, inner), clip


def disc(center: Point, radius: float, fill: str, **attributes: str | float) -> str:
    """Write a level disc."""
    return oval(center, radius, radius * SQUASH, fill, **attributes)


def lain(center: Point, radius: float, *parts: str, **attributes: str | float) -> str:
    """Lay a drawing, in units of a radius, on a level disc."""
    matrix = f"matrix({radius:.2f} 0 0 {radius * SQUASH:.2f} {center[0]:.1f} {center[1]:.1f})"
    return group(*parts, transform=matrix, **attributes)


def black(canvas: Canvas, center: Point, radius: float) -> str:
    """Paint black coffee with a thin ring of crema and the light of the window on it."""
    x, y = center
    fill = canvas.radial(
        (x + radius * 0.12, y + 8),
        radius,
        [(0, "#26110a"), (0.7, COFFEE), (0.88, "#5b2e13"), (0.96, "#a5682f"), (1, "#c58a4b")],
        SQUASH,
    )
    light = canvas.linear(
        (x - radius, y - 60),
        (x + radius * 0.3, y + 50),
        [(0, "#fff2d800"), (0.4, "#fff2d866"), (1, "#fff2d800")],
    )
    pane = "M-0.62 -0.28L-0.2 -0.52L0.08 -0.2L-0.36 0.08ZM-0.3 0.16L0.13 -0.13L0.34 0.12L-0.1 0.42Z"
    return group(
        disc(center, radius, fill),
        lain(center, radius, path(pane, "#ffe9c4"), opacity=0.28, filter=canvas.blur(0.035)),
        disc(center, radius, light, opacity=0.5),
    )


def crema(canvas: Canvas, center: Point, radius: float, color: str = CREMA) -> str:
    """Paint a crema, darker at its edge, marbled."""
    x, y = center
    fill = canvas.radial(
        (x - radius * 0.1, y - 6),
        radius,
        [
            (0, mix(color, "#f0c083", 0.42)),
            (0.55, color),
            (0.86, mix(color, COFFEE, 0.36)),
            (1, mix(color, COFFEE, 0.62)),
        ],
        SQUASH,
    )
    whole = disc(center, radius, "#000")
    return group(
        disc(center, radius, fill),
        group(whole, filter=canvas.texture("#6a3513", "0.010 0.024", 3.4, -1.75, 3), opacity=0.6),
        group(whole, filter=canvas.texture("#f3cd95", "0.016 0.040", 3.2, -1.8, 9), opacity=0.32),
    )


def meniscus(canvas: Canvas, center: Point, radius: float) -> str:
    """Paint the shadow that the left wall casts on what is in the cup, and its lit edge."""
    x, y = center
    fall = canvas.linear(
        (x - radius, y - radius * 0.25),
        (x - radius * 0.1, y + radius * 0.1),
        [(0, "#1c0a04a0"), (0.45, "#1c0a0430"), (1, "#1c0a0400")],
    )
    return group(
        disc(center, radius, fall),
        disc(
            center,
            radius - 2,
            "none",
            stroke=clear("#fff3dc", 0.3),
            stroke_width=3,
            filter=canvas.blur(1),
        ),
    )


def tulip(canvas: Canvas, center: Point, radius: float) -> str:
    """Pour a tulip: a heart on three crescents."""
    crescents = [
        _crescent(0.86, 0.42, 0.26, 0.34),
        _crescent(0.56, 0.68, 0.25, 0.5),
        _crescent(0.22, 0.8, 0.25, 0.58),
    ]
    top = (
        "M0 -0.1C-0.12 -0.2 -0.5 -0.34 -0.5 -0.66C-0.5 -0.94 -0.14 -0.96 0 -0.76"
        "C0.14 -0.96 0.5 -0.94 0.5 -0.66C0.5 -0.34 0.12 -0.2 0 -0.1Z"
    )
    return _poured(canvas, center, radius, [*crescents, top])


def rosetta(canvas: Canvas, center: Point, radius: float) -> str:
    """Pour a rosetta: pairs of leaves along a stem."""
    leaves = []
    count = 7
    for place in range(count):
        part = place / (count - 1)
        width = 0.3 + 0.54 * math.sin((0.06 + 0.7 * part) * math.pi)
        leaves.append(_crescent(0.94 - 1.1 * part, width, 0.125, 0.26 + 0.24 * part))
    top = (
        "M0 -0.4C-0.1 -0.48 -0.34 -0.56 -0.34 -0.78C-0.34 -0.98 -0.09 -0.98 0 -0.84"
        "C0.09 -0.98 0.34 -0.98 0.34 -0.78C0.34 -0.56 0.1 -0.48 0 -0.4Z"
    )
    stem = "M-0.012 0.98C-0.03 0.6 -0.012 0 0 -0.6L0.012 -0.6C0.02 0 0.035 0.6 0.022 0.98Z"
    return _poured(canvas, center, radius, [*leaves, top, stem])


def _crescent(y: float, width: float, thick: float, lift: float) -> str:
    """Return a pair of leaves that meet at a height of the stem, and rise to both sides."""
    x, tip, inner = width, y - lift, y - thick
    left = [
        (-x * 0.55, y - 0.01),
        (-x * 1.06, y - lift * 0.45),
        (-x, tip),
        (-x * 0.99, tip - 0.05),
        (-x * 0.92, tip - 0.04),
        (-x * 0.9, tip + 0.02),
        (-x * 0.8, inner - lift * 0.2),
        (-x * 0.4, inner + 0.02),
    ]
    right = [(-across, height) for across, height in reversed(left)]
    return curves((0, y), *left, (0, inner), *right, (0, y))


def _poured(canvas: Canvas, center: Point, radius: float, shapes: list[str]) -> str:
    milk = canvas.radial((-0.2, -0.25), 1.3, [(0, "#fffaf0"), (0.6, MILK), (1, "#f0dbbb")])
    edge = {"stroke_linejoin": "round"}
    soft = [path(each, "#e3b87e", stroke="#e3b87e", stroke_width=0.05, **edge) for each in shapes]
    sharp = [path(each, milk, stroke=milk, stroke_width=0.015, **edge) for each in shapes]
    return group(
        group(lain(center, radius, *soft, opacity=0.8), filter=canvas.blur(4)),
        group(lain(center, radius, *sharp), filter=canvas.ripple("0.012", 7, 0.8, 5)),
    )


def foam(canvas: Canvas, center: Point, radius: float, color: str = MILK) -> str:
    """Paint milk foam with fine bubbles."""
    x, y = center
    fill = canvas.radial(
        (x - radius * 0.25, y - radius * 0.14),
        radius * 1.25,
        [
            (0, "#fffdf7"),
            (0.5, color),
            (0.8, mix(color, "#d9a870", 0.18)),
            (1, mix(color, "#b98550", 0.45)),
        ],
        SQUASH,
    )
    whole = disc(center, radius, "#000")
    return group(
        disc(center, radius, fill),
        group(whole, filter=canvas.texture("#b98a58", "0.05 0.11", 9, -5.9, 2), opacity=0.12),
    )


def powder(canvas: Canvas, center: Point, radius: float, color: str) -> str:
    """Dust a disc, the more towards its middle."""
    x, y = center
    mask_fill = canvas.radial(
        center, radius, [(0, "#ffffff"), (0.45, "#ffffffc0"), (0.85, "#ffffff00")], SQUASH
    )
    dust = disc((x, y), radius, mask_fill, filter=canvas.texture(color, "0.3 0.55", 6, -2.9, 12))
    haze = canvas.radial(
        center,
        radius,
        [(0, clear(color, 0.6)), (0.5, clear(color, 0.28)), (0.9, clear(color, 0))],
        SQUASH,
    )
    return group(disc(center, radius, haze), dust)
