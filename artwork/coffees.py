"""Coffee in cups."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from artwork.scene import COFFEE, finish, room, shadow, steam
from artwork.solids import Turned
from artwork.stoneware import (
    OCHRE,
    SAGE,
    SLATE,
    TEAL,
    TERRACOTTA,
    cup,
    handle,
    on_saucer,
    saucer,
    spoon,
)
from artwork.surfaces import black, crema, disc, foam, meniscus, powder, rosetta, surface, tulip
from artwork.svg import Canvas, Point, clear, group, oval, path


def espresso() -> Canvas:
    """A demitasse with a hazel crema, a spoon and three beans."""
    canvas = Canvas()
    with _scene(canvas, 1.24, 0):
        center = (770, 850)
        saucer(canvas, COFFEE, center, 400, TERRACOTTA)
        on_saucer(canvas, TERRACOTTA, (775, 852), 400, 120, 190)
        body = Turned((770, 842), ((0, 112), (14, 124), (90, 176), (190, 200), (250, 206)))
        handle(
            canvas, "M955 650C1050 620 1100 680 1058 740C1030 778 980 786 930 776", 38, TERRACOTTA
        )
        rim = cup(canvas, body, TERRACOTTA, 14)
        level, radius, clip = surface(canvas, body, 42, 14)
        canvas.draw(
            group(crema(canvas, level, radius), meniscus(canvas, level, radius), clip_path=clip)
        )
        spoon(canvas, COFFEE, (640, 958), 4, 0.85)
        for place, turn in [((1225, 930), 20), ((1300, 985), -35), ((1180, 1010), 75)]:
            bean(canvas, place, turn)
        steam(canvas, (rim[0], rim[1] + 10), 380, 110)
    return canvas


def americano() -> Canvas:
    """A wide mug of black coffee."""
    canvas = Canvas()
    with _scene(canvas, 1.1, 60):
        foot = (765, 945)
        shadow(canvas, COFFEE, foot, 205, 250, 360)
        body = Turned(foot, ((0, 190), (12, 206), (80, 240), (220, 256), (400, 262)))
        handle(canvas, "M1000 660C1150 630 1200 730 1150 820C1115 880 1050 890 985 870", 54, SLATE)
        cup(canvas, body, SLATE, 16)
        level, radius, clip = surface(canvas, body, 40, 16)
        canvas.draw(
            group(black(canvas, level, radius), meniscus(canvas, level, radius), clip_path=clip)
        )
        steam(canvas, (765, 580), 420, 150)
        for place, turn in [((320, 990), 20), ((405, 1035), -50)]:
            bean(canvas, place, turn)
    return canvas


def latte() -> Canvas:
    """A tall cup with a rosetta."""
    canvas = Canvas()
    with _scene(canvas, 1.06, -110):
        center = (790, 890)
        saucer(canvas, COFFEE, center, 430, OCHRE)
        on_saucer(canvas, OCHRE, center, 430, 160, 300)
        body = Turned((790, 882), ((0, 150), (14, 168), (120, 262), (270, 312), (350, 322)))
        handle(canvas, "M1075 640C1220 590 1280 690 1215 775C1170 825 1100 832 1030 800", 46, OCHRE)
        cup(canvas, body, OCHRE, 15)
        level, radius, clip = surface(canvas, body, 22, 15)
        canvas.draw(
            group(
                crema(canvas, level, radius),
                rosetta(canvas, (level[0], level[1] + 4), radius * 0.88),
                meniscus(canvas, level, radius),
                clip_path=clip,
            )
        )
        steam(canvas, (790, 520), 360, 170)
    return canvas


def cappuccino() -> Canvas:
    """A wide cup with a dome of foam, dusted with cocoa."""
    canvas = Canvas()
    with _scene(canvas, 1.05, 20):
        center = (790, 880)
        saucer(canvas, COFFEE, center, 450, TEAL)
        on_saucer(canvas, TEAL, center, 450, 150, 300)
        body = Turned((790, 872), ((0, 140), (14, 158), (90, 250), (190, 308), (270, 324)))
        handle(canvas, "M1085 680C1225 640 1280 725 1220 800C1180 842 1110 842 1040 806", 44, TEAL)
        cup(canvas, body, TEAL, 15)
        level, radius, clip = surface(canvas, body, 14, 15)
        dome = (level[0], level[1] - 10)
        canvas.draw(
            group(
                crema(canvas, level, radius),
                disc(
                    (level[0] + 6, level[1] + 2),
                    radius * 0.95,
                    clear("#5a2f14", 0.5),
                    filter=canvas.blur(6),
                ),
                foam(canvas, dome, radius * 0.93),
                powder(canvas, dome, radius * 0.86, "#74390f"),
                clip_path=clip,
            ),
            group(meniscus(canvas, level, radius), clip_path=clip, opacity=0.6),
        )
        spoon(canvas, COFFEE, (560, 1010), 3, 0.95)
        steam(canvas, (790, 560), 370, 170)
    return canvas


def flat_white() -> Canvas:
    """A low cup with a tulip."""
    canvas = Canvas()
    with _scene(canvas, 1.14, 130):
        center = (780, 885)
        saucer(canvas, COFFEE, center, 410, SAGE)
        on_saucer(canvas, SAGE, center, 410, 165, 275)
        body = Turned((780, 876), ((0, 150), (14, 170), (70, 240), (170, 284), (240, 292)))
        handle(canvas, "M1050 715C1170 680 1220 750 1172 812C1140 848 1080 846 1020 818", 42, SAGE)
        cup(canvas, body, SAGE, 15)
        level, radius, clip = surface(canvas, body, 20, 15)
        canvas.draw(
            group(
                crema(canvas, level, radius),
                tulip(canvas, (level[0], level[1] + 8), radius * 0.8),
                meniscus(canvas, level, radius),
                clip_path=clip,
            )
        )
        for place, turn in [((330, 1010), 12), ((395, 1062), -60), ((262, 1075), 70)]:
            bean(canvas, place, turn)
        steam(canvas, (780, 590), 360, 150)
    return canvas


def bean(canvas: Canvas, place: Point, turn: float) -> None:
    """Lay a coffee bean on the table."""
    x, y = place
    at = f"translate({x} {y}) rotate({turn}) scale(1 0.74)"
    fill = canvas.radial((-10, -10), 44, [(0, "#9a6238"), (0.5, "#5f331a"), (1, "#331808")], 0.7)
    canvas.draw(
        oval((x + 9, y + 10), 34, 20, clear(COFFEE.shadow, 0.55), filter=canvas.blur(6)),
        group(
            oval((0, 0), 35, 27, fill),
            path(
                "M-33 2C-16 12 -8 -10 6 -3S26 6 33 -1",
                stroke="#22100a",
                stroke_width=5,
                stroke_linecap="round",
            ),
            oval((-8, -14), 14, 5, "#e8bd92", opacity=0.5, filter=canvas.blur(3)),
            transform=at,
        ),
    )


@contextlib.contextmanager
def _scene(canvas: Canvas, scale: float, shift: float) -> Iterator[None]:
    """Set the stage around what is painted inside."""
    room(canvas, COFFEE, shift)
    with canvas.enlarged(scale, (780, 900)):
        yield
    finish(canvas, COFFEE)
