"""Glasses, from the far side over what is in them to the near side."""

from __future__ import annotations

import math
from collections.abc import Sequence

from artwork.solids import SQUASH, Turned, arc
from artwork.svg import Canvas, clear, group, line, oval, path, polygon


def glass_back(canvas: Canvas, body: Turned) -> None:
    """Paint the far side of a glass, before what is in it."""
    center = body.center(body.height)
    radius = body.profile[-1][1]
    canvas.draw(
        path(body.outline(), clear("#ffffff", 0.16)),
        oval(center, radius, radius * SQUASH, clear("#ffffff", 0.16)),
        path(
            line(arc(center, radius - 3, math.pi, math.tau)),
            stroke="#ffffff",
            stroke_width=4,
            opacity=0.7,
        ),
    )


def liquid(
    canvas: Canvas,
    body: Turned,
    stops: Sequence[tuple[float, str]],
    low: float,
    high: float,
    edge: str,
) -> Turned:
    """Fill a glass between two heights, by stops from the bottom to the top; gives the shape."""
    inner = Turned(
        body.foot,
        tuple((height, radius - 9) for height, radius in body.profile),
    )
    x = body.foot[0]
    wide = max(inner.radius(low), inner.radius(high))
    bottom, top = inner.center(low)[1] + wide * SQUASH, inner.center(high)[1]
    outline = inner.outline(low, high)
    fill = canvas.linear((0, bottom), (0, top), stops)
    sides = canvas.linear(
        (x - wide, 0),
        (x + wide, 0),
        [
            (0, clear(edge, 0.75)),
            (0.09, clear(edge, 0.25)),
            (0.3, clear(edge, 0)),
            (0.68, clear("#000000", 0.06)),
            (0.9, clear("#000000", 0.2)),
            (0.97, clear(edge, 0.35)),
            (1, clear(edge, 0.6)),
        ],
    )
    canvas.draw(path(outline, fill), path(outline, sides))
    return inner


def glass_front(canvas: Canvas, body: Turned, base: float, tint: str = "#ffffff") -> None:
    """Paint the near side of a glass over what is in it; its bottom is `base` thick."""
    x, y = body.foot
    center = body.center(body.height)
    radius = body.profile[-1][1]
    clip = canvas.clip(path(body.outline()))
    foot_radius = body.radius(base)
    bottom = path(
        body.outline(0, base, open_=True),
        canvas.linear(
            (x - foot_radius, 0),
            (x + foot_radius, 0),
            [
                (0, clear("#ffffff", 0.75)),
                (0.2, clear(tint, 0.3)),
                (0.55, clear("#ffffff", 0.5)),
                (0.85, clear(tint, 0.3)),
                (1, clear("#ffffff", 0.7)),
            ],
        ),
    )
    ring = path(
        line(arc((x, y - 6), body.profile[0][1] - 12, 0.5, math.pi - 0.5)),
        stroke="#ffffff",
        stroke_width=5,
        stroke_linecap="round",
        opacity=0.6,
        filter=canvas.blur(1.5),
    )
    left = body.side(base + 14, body.height * 0.93, right=False)
    right = body.side(base + 14, body.height * 0.93)
    streak = polygon(
        [
            *[(px + radius * 0.16, py) for px, py in left],
            *[(px + radius * 0.31, py) for px, py in left[::-1]],
        ]
    )
    thin = line([(px + radius * 0.07, py) for px, py in left])
    far = line([(px - radius * 0.075, py) for px, py in right])
    fade = canvas.linear(
        (0, center[1]), (0, y), [(0, "#ffffff98"), (0.6, "#ffffff50"), (1, "#ffffff00")]
    )
    canvas.draw(
        group(
            bottom,
            ring,
            path(streak, fade, filter=canvas.blur(5)),
            path(thin, stroke="#ffffff", stroke_width=5, opacity=0.75, filter=canvas.blur(1.5)),
            path(far, stroke="#ffffff", stroke_width=8, opacity=0.5, filter=canvas.blur(3)),
            clip_path=clip,
        )
    )
    canvas.draw(
        path(body.outline(), stroke=clear("#ffffff", 0.5), stroke_width=3),
        oval(
            center,
            radius - 2,
            (radius - 2) * SQUASH,
            "none",
            stroke=clear("#ffffff", 0.8),
            stroke_width=4,
        ),
        path(
            line(arc(center, radius - 2, 1.9, 3.5)),
            stroke="#ffffff",
            stroke_width=6,
            filter=canvas.blur(1.2),
        ),
    )


def glass_handle(canvas: Canvas, curve: str) -> None:
    """Paint a handle of glass along a curve."""
    for width, color, alpha in [
        (44, "#ffffff", 0.3),
        (30, "#b98a5e", 0.22),
        (40, "#ffffff", 0.0),
        (6, "#ffffff", 0.8),
    ]:
        canvas.draw(
            path(
                curve,
                stroke=color,
                stroke_width=width,
                stroke_linecap="round",
                opacity=alpha,
                transform="translate(-6 -9)" if width == 6 else "",
                filter=canvas.blur(1.2),
            )
        )
