"""Coffee over ice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from artwork.glassware import glass_back, glass_front, liquid
from artwork.ice import cube, drops
from artwork.scene import COLD, finish, room, shadow
from artwork.solids import SQUASH, Turned
from artwork.svg import Canvas, Point, clear, group, mix, oval, path

Cube: TypeAlias = tuple[Point, float, float, float]
"""Middle, size, turn and tilt of a cube of ice."""

_TUMBLER = ((0.0, 168.0), (10.0, 176.0), (300.0, 204.0), (580.0, 230.0))


def cold_brew() -> Canvas:
    """A tall glass of black coffee with much ice."""
    canvas = _begun(-80)
    body = Turned((790, 1040), _TUMBLER)
    _glass_shadow(canvas, body)
    glass_back(canvas, body)
    inner = liquid(
        canvas,
        body,
        [(0, "#6a3312"), (0.1, "#2f1308"), (0.4, "#180a05"), (0.75, "#221008"), (1, "#4a220e")],
        44,
        500,
        "#d07a2c",
    )
    sunk = [
        ((715, 850), 116, 24, 14),
        ((868, 800), 120, -18, -10),
        ((705, 715), 122, 40, 20),
        ((860, 668), 118, 12, -16),
    ]
    floating = [
        ((812, 520), 118, 52, -10),
        ((680, 556), 128, 28, 14),
        ((896, 574), 120, -26, -16),
        ((776, 622), 132, 12, 22),
    ]
    _ice(canvas, inner, [*sunk, *floating], 0.24)
    _surface(canvas, inner, 500, "#3a1a0b", "#8d4f20")
    _float(canvas, body, floating)
    _cold(canvas, body, 21)
    return _finished(canvas)


def iced_latte() -> Canvas:
    """A glass in which coffee sinks into milk, over ice, with a straw."""
    canvas = _begun(110)
    body = Turned((790, 1040), _TUMBLER)
    _glass_shadow(canvas, body)
    glass_back(canvas, body)
    inner = liquid(
        canvas,
        body,
        [
            (0, "#f3e2c8"),
            (0.3, "#faeedb"),
            (0.46, "#e9cfa8"),
            (0.6, "#b67c47"),
            (0.74, "#7c4822"),
            (1, "#4a230e"),
        ],
        44,
        500,
        "#fff3df",
    )
    clip = canvas.clip(path(inner.outline(44, 500)))
    clouds = [
        (
            "M600 690C680 720 690 800 742 812S800 720 852 738 900 860 980 840L990 900"
            "C900 930 880 850 830 838S760 930 700 905 640 800 590 800Z"
        ),
        (
            "M640 640C690 650 700 700 742 700S820 640 880 660 930 700 980 690L980 720"
            "C930 740 890 710 850 706S780 752 730 742 660 690 620 690Z"
        ),
    ]
    for cloud, color, alpha in [(clouds[0], "#f6e4c8", 0.75), (clouds[1], "#d9b184", 0.4)]:
        canvas.draw(
            group(
                group(
                    path(cloud, color, opacity=alpha), filter=canvas.ripple("0.012 0.02", 60, 9, 8)
                ),
                clip_path=clip,
            )
        )
    sunk = [((705, 712), 118, 36, 18), ((868, 716), 114, -20, -12)]
    floating = [((682, 552), 126, 26, 10), ((902, 566), 120, -28, -14), ((790, 616), 132, 8, 20)]
    _ice(canvas, inner, [*sunk, *floating], 0.34)
    _surface(canvas, inner, 500, "#6b3a1a", "#b07a48")
    _straw(canvas)
    _float(canvas, body, floating)
    _cold(canvas, body, 5)
    return _finished(canvas)


def _ice(canvas: Canvas, inner: Turned, cubes: Sequence[Cube], opacity: float) -> None:
    clip = canvas.clip(path(inner.outline(44, 500)))
    shapes = [cube(canvas, *each) for each in cubes]
    canvas.draw(group(group(*shapes, opacity=opacity), clip_path=clip))


def _surface(canvas: Canvas, inner: Turned, height: float, color: str, edge: str) -> None:
    x, y = inner.center(height)
    radius = inner.radius(height)
    fill = canvas.radial(
        (x, y), radius, [(0, color), (0.8, mix(color, edge, 0.3)), (1, edge)], SQUASH
    )
    canvas.draw(
        oval((x, y), radius, radius * SQUASH, fill),
        oval(
            (x, y),
            radius - 2,
            (radius - 2) * SQUASH,
            "none",
            stroke=clear("#fff0d8", 0.5),
            stroke_width=3,
        ),
    )


def _float(canvas: Canvas, body: Turned, cubes: Sequence[Cube]) -> None:
    clip = canvas.clip(path(body.outline(500)))
    ordered = sorted(cubes, key=lambda each: each[0][1])
    canvas.draw(group(*(cube(canvas, *each) for each in ordered), clip_path=clip))


def _cold(canvas: Canvas, body: Turned, seed: int) -> None:
    clip = canvas.clip(path(body.outline()))
    frost = canvas.linear(
        (0, body.center(430)[1]),
        (0, body.foot[1]),
        [(0, "#ffffff00"), (0.3, "#eaf6f840"), (1, "#ffffff08")],
    )
    canvas.draw(group(path(body.outline(), frost), clip_path=clip))
    glass_front(canvas, body, 40, "#9cc3cc")
    drops(canvas, body, 40, 500, 130, seed)


def _glass_shadow(canvas: Canvas, body: Turned) -> None:
    shadow(canvas, COLD, body.foot, body.profile[0][1], body.profile[-1][1] * 0.9, 470)
    x, y = body.foot
    _coaster(canvas, (x, y))
    canvas.draw(
        oval((x + 46, y + 14), 190, 74, clear("#4a2a10", 0.5), filter=canvas.blur(12)),
        oval((x + 6, y + 6), 174, 70, clear("#3a1f0c", 0.55), filter=canvas.blur(6)),
    )


def _coaster(canvas: Canvas, center: Point) -> None:
    x, y = center
    face = canvas.linear(
        (x - 270, y - 90), (x + 270, y + 90), [(0, "#ecd3a8"), (0.5, "#d6b183"), (1, "#a97f55")]
    )
    whole = oval((x, y), 262, 262 * SQUASH, "#000")
    canvas.draw(
        oval((x + 16, y + 26), 266, 266 * SQUASH, clear(COLD.shadow, 0.5), filter=canvas.blur(10)),
        oval((x, y + 15), 262, 262 * SQUASH, "#8a6138"),
        oval((x, y), 262, 262 * SQUASH, face),
        group(whole, filter=canvas.texture("#7a4f28", "0.09 0.2", 10, -6.1, 6), opacity=0.35),
    )


def _straw(canvas: Canvas) -> None:
    paint = canvas.linear((0, -15), (0, 15), [(0, "#fdfefe"), (0.35, "#dfe9ea"), (1, "#8fa9ae")])
    tube = path("M0 -15L430 -15A7 15 0 0 1 430 15L0 15Z", paint)
    hole = oval((430, 0), 7, 15, "#6d878c")
    canvas.draw(group(tube, hole, transform="translate(762 640) rotate(-70)"))


def _begun(shift: float) -> Canvas:
    canvas = Canvas()
    room(canvas, COLD, shift)
    return canvas


def _finished(canvas: Canvas) -> Canvas:
    finish(canvas, COLD)
    return canvas
