"""Tea and hot chocolate."""

from __future__ import annotations

import math

from artwork.glassware import glass_back, glass_front, glass_handle, liquid
from artwork.scene import HOT, contact, finish, room, shadow, steam
from artwork.solids import SQUASH, Turned
from artwork.stoneware import CREAM, ROSE, cup, handle, saucer
from artwork.surfaces import disc, meniscus, surface
from artwork.svg import Canvas, Point, clear, group, oval, path


def tea() -> Canvas:
    """Black tea in a cup of glass."""
    canvas = Canvas()
    room(canvas, HOT, 30)
    with canvas.enlarged(1.1, (780, 930)):
        center = (780, 900)
        saucer(canvas, HOT, center, 420, CREAM)
        body = Turned((780, 890), ((0, 120), (12, 138), (80, 218), (190, 262), (300, 272)))
        canvas.draw(
            oval((930, 925), 190, 60, clear("#e88a1e", 0.55), filter=canvas.blur(20)),
            oval((860, 915), 90, 26, clear("#ffd27a", 0.7), filter=canvas.blur(12)),
        )
        contact(canvas, HOT.shadow, (780, 896), 122)
        glass_handle(canvas, "M1020 690C1150 650 1200 730 1150 800C1115 840 1060 842 990 812")
        glass_back(canvas, body)
        inner = liquid(
            canvas,
            body,
            [(0, "#a8420b"), (0.35, "#c55c12"), (0.75, "#dd7f1f"), (1, "#eda03c")],
            22,
            245,
            "#ffc765",
        )
        x, y = inner.center(245)
        radius = inner.radius(245)
        fill = canvas.radial(
            (x + 30, y + 10), radius, [(0, "#b9510f"), (0.7, "#cf6f19"), (1, "#f3b356")], SQUASH
        )
        canvas.draw(
            disc((x, y), radius, fill),
            disc((x, y), radius - 2, "none", stroke="#ffe2a8", stroke_width=4, opacity=0.8),
            oval((x - 70, y - 30), 90, 18, "#fff2cf", opacity=0.45, filter=canvas.blur(8)),
        )
        glass_front(canvas, body, 22)
        _tag(canvas, body)
        _lemon(canvas, (560, 1000))
        steam(canvas, (780, 600), 400, 150)
    finish(canvas, HOT)
    return canvas


def hot_chocolate() -> Canvas:
    """A mug of chocolate with marshmallows."""
    canvas = Canvas()
    room(canvas, HOT, -50)
    with canvas.enlarged(1.12, (780, 930)):
        foot = (765, 960)
        shadow(canvas, HOT, foot, 205, 265, 360)
        body = Turned(foot, ((0, 180), (14, 202), (90, 256), (230, 280), (370, 270)))
        handle(canvas, "M1015 700C1160 660 1215 760 1165 845C1130 895 1060 905 990 880", 56, ROSE)
        cup(canvas, body, ROSE, 17)
        level, radius, clip = surface(canvas, body, 24, 17)
        fill = canvas.radial(
            level,
            radius,
            [(0, "#6b3519"), (0.7, "#5a2a13"), (0.93, "#7d4724"), (1, "#b5814f")],
            SQUASH,
        )
        canvas.draw(
            group(
                disc(level, radius, fill),
                group(
                    disc(level, radius, "#000"),
                    filter=canvas.texture("#c08a58", "0.012 0.03", 4, -2.3, 3),
                    opacity=0.5,
                ),
                meniscus(canvas, level, radius),
                clip_path=clip,
            )
        )
        places = [
            (-95, -48, 10),
            (30, -62, -14),
            (125, -18, 24),
            (-140, 10, -20),
            (-20, 4, 16),
            (85, 46, -8),
            (-70, 58, 6),
        ]
        for dx, dy, turn in places:
            _marshmallow(canvas, (level[0] + dx, level[1] + dy - 14), turn)
        steam(canvas, (765, 560), 400, 150)
    finish(canvas, HOT)
    return canvas


def _marshmallow(canvas: Canvas, place: Point, turn: float) -> None:
    x, y = place
    body = Turned((0, 0), ((-14, 44), (0, 50), (26, 51), (44, 47), (52, 38)))
    side = canvas.linear(
        (-50, 0), (50, 0), [(0, "#fff8ee"), (0.35, "#fffdf8"), (0.75, "#f0d9c4"), (1, "#d8b295")]
    )
    top = canvas.radial((-10, -52), 52, [(0, "#ffffff"), (0.7, "#fff7ec"), (1, "#f6e4d2")], 0.5)
    canvas.draw(
        oval((x + 12, y + 12), 54, 24, "#1c0a04", opacity=0.5, filter=canvas.blur(6)),
        group(
            path(body.outline(), side),
            oval(body.center(50), 39, 39 * SQUASH, top, filter=canvas.blur(2)),
            transform=f"translate({x:.0f} {y:.0f}) rotate({turn})",
        ),
        oval((x, y + 15), 47, 9, "#6b3519", opacity=0.35, filter=canvas.blur(4)),
    )


def _tag(canvas: Canvas, body: Turned) -> None:
    x, y = body.center(300)
    canvas.draw(
        path(
            f"M{x - 120} {y + 40}C{x - 150} {y + 80} {x - 190} {y + 130} {x - 176} {y + 200}",
            stroke="#fffaf0",
            stroke_width=4,
        ),
        group(
            path(
                "M0 0L26 14L26 78L-26 78L-26 14Z",
                clear(HOT.shadow, 0.35),
                transform="translate(6 8)",
                filter=canvas.blur(5),
            ),
            path("M0 0L26 14L26 78L-26 78L-26 14Z", "#fbf1e0"),
            path("M0 26C14 34 16 54 0 66C-16 54 -14 34 0 26Z", "#8d9c6b"),
            path("M0 30L0 64", stroke="#6b7a4c", stroke_width=2),
            oval((0, 13), 4, 4, "#c9a27c"),
            transform=f"translate({x - 176} {y + 196}) rotate(8)",
        ),
    )


def _lemon(canvas: Canvas, place: Point) -> None:
    segments = []
    for step in range(9):
        begin, end = (step + 0.1) * math.tau / 9, (step + 0.9) * math.tau / 9
        middle = (begin + end) / 2
        points = [(0.16, middle), (0.74, begin + 0.05), (0.87, middle), (0.74, end - 0.05)]
        xy = [(size * math.cos(angle), size * math.sin(angle)) for size, angle in points]
        core, begin_, outer, end_ = (f"{x:.3f} {y:.3f}" for x, y in xy)
        segments.append(f"M{core}L{begin_}Q{outer} {end_}Z")
    pulp = canvas.radial((-0.2, -0.2), 1.2, [(0, "#fff0a0"), (1, "#efc02e")])
    x, y = place
    matrix = f"matrix(92 0 0 {92 * SQUASH:.1f} {x} {y})"
    canvas.draw(
        oval((x + 10, y + 16), 94, 94 * SQUASH, clear(HOT.shadow, 0.5), filter=canvas.blur(7)),
        oval((x, y + 9), 93, 93 * SQUASH, "#d79a17"),
        oval(place, 93, 93 * SQUASH, "#f3c93b"),
        oval(place, 84, 84 * SQUASH, "#fff6d5"),
        group(
            *[
                path(segment, pulp, stroke="#ffe98f", stroke_width=0.02, stroke_linejoin="round")
                for segment in segments
            ],
            transform=matrix,
        ),
    )
