"""SVG as text: elements, colours, and a canvas that collects gradients, filters and clips."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

WIDTH, HEIGHT = 1600, 1200

Point: TypeAlias = tuple[float, float]
Stops: TypeAlias = Sequence[tuple[float, str]]
"""Where along a gradient, from 0 to 1, and the colour there."""


def element(name: str, content: str = "", **attributes: str | float) -> str:
    """Write an element; `stroke_width` is the attribute `stroke-width`."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def group(*parts: str, **attributes: str | float) -> str:
    """Put elements together."""
    return element("g", "".join(parts), **attributes)


def path(d: str, fill: str = "none", **attributes: str | float) -> str:
    """Write a path."""
    return element("path", "", d=d, fill=fill, **attributes)


def oval(center: Point, rx: float, ry: float, fill: str, **attributes: str | float) -> str:
    """Write an ellipse."""
    return element("ellipse", "", cx=center[0], cy=center[1], rx=rx, ry=ry, fill=fill, **attributes)


def polygon(points: Iterable[Point]) -> str:
    """Return the path data of a polygon."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"


def line(points: Iterable[Point]) -> str:
    """Return the path data of an open line."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def curves(begin: Point, *points: Point) -> str:
    """Return the path data of a closed line of Bézier curves, each of three more points."""
    return (
        f"M{begin[0]:.3f} {begin[1]:.3f}C" + " ".join(f"{x:.3f} {y:.3f}" for x, y in points) + "Z"
    )


def mix(first: str, second: str, part: float) -> str:
    """Mix two colours (`#a1b2c3`): 0 is the first, 1 the second."""
    part = min(max(part, 0.0), 1.0)
    pairs = zip(_channels(first), _channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def clear(color: str, alpha: float) -> str:
    """Make a colour transparent: 0 is invisible, 1 opaque."""
    return f"{color[:7]}{round(min(max(alpha, 0), 1) * 255):02x}"


class Canvas:
    """A picture of 1600 by 1200, painted from the back to the front."""

    def __init__(self) -> None:
        """Begin an empty picture."""
        self._ids: dict[str, str] = {}
        self._parts: list[str] = []

    def draw(self, *parts: str) -> None:
        """Paint elements over what is there."""
        self._parts.extend(parts)

    @contextlib.contextmanager
    def enlarged(self, scale: float, around: Point) -> Iterator[None]:
        """Paint what is drawn inside larger, from a point that stays where it is."""
        before, self._parts = self._parts, []
        yield
        x, y = around[0] * (1 - scale), around[1] * (1 - scale)
        matrix = f"matrix({scale} 0 0 {scale} {x:.1f} {y:.1f})"
        self._parts = [*before, group(*self._parts, transform=matrix)]

    def linear(self, start: Point, end: Point, stops: Stops) -> str:
        """Give a gradient from one point to another one, as a paint."""
        (x1, y1), (x2, y2) = start, end
        return self._define(
            "linearGradient",
            _stops(stops),
            gradientUnits="userSpaceOnUse",
            x1=x1,
            y1=y1,
            x2=x2,
            y2=y2,
        )

    def radial(self, center: Point, radius: float, stops: Stops, squash: float = 1) -> str:
        """Give a gradient around a point, as a paint; `squash` makes it an ellipse."""
        x, y = center
        return self._define(
            "radialGradient",
            _stops(stops),
            gradientUnits="userSpaceOnUse",
            cx=0,
            cy=0,
            r=radius,
            gradientTransform=f"matrix(1 0 0 {squash:.3f} {x:.1f} {y:.1f})",
        )

    def blur(self, deviation: float) -> str:
        """Give a filter that blurs."""
        return self._filter(element("feGaussianBlur", stdDeviation=deviation))

    def texture(
        self, color: str, frequency: str, slope: float, offset: float, seed: int = 1
    ) -> str:
        """Give a filter that replaces a shape by noise in a colour.

        The noise is between 0 and 1, mostly near 0.5; its opacity is `slope * noise + offset`.
        """
        red, green, blue = (channel / 255 for channel in _channels(color))
        rows = f"0 0 0 0 {red:.3f} 0 0 0 0 {green:.3f} 0 0 0 0 {blue:.3f} {slope} 0 0 0 {offset}"
        return self._filter(
            element(
                "feTurbulence",
                type="fractalNoise",
                baseFrequency=frequency,
                numOctaves=3,
                seed=seed,
                result="noise",
            )
            + element("feColorMatrix", in_="noise", type="matrix", values=rows, result="ink")
            + element("feComposite", in_="ink", in2="SourceAlpha", operator="in")
        )

    def ripple(self, frequency: str, scale: float, blur: float = 0, seed: int = 1) -> str:
        """Give a filter that makes edges uneven, as poured milk has them."""
        return self._filter(
            element(
                "feTurbulence",
                type="fractalNoise",
                baseFrequency=frequency,
                numOctaves=2,
                seed=seed,
                result="noise",
            )
            + element(
                "feDisplacementMap",
                in_="SourceGraphic",
                in2="noise",
                scale=scale,
                xChannelSelector="R",
                yChannelSelector="G",
            )
            + (element("feGaussianBlur", stdDeviation=blur) if blur else "")
        )

    def clip(self, *shapes: str) -> str:
        """Give a clip: what it is set on is seen inside of these shapes only."""
        return self._define("clipPath", "".join(shapes))

    def svg(self) -> str:
        """Write the picture."""
        return element(
            "svg",
            element("defs", "".join(self._ids)) + "".join(self._parts),
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            width=WIDTH,
            height=HEIGHT,
        )

    def _filter(self, content: str) -> str:
        return self._define(
            "filter",
            content,
            x=-0.6,
            y=-0.6,
            width=2.2,
            height=2.2,
            color_interpolation_filters="sRGB",
        )

    def _define(self, name: str, content: str, **attributes: str | float) -> str:
        found = next(
            (
                id_
                for markup, id_ in self._ids.items()
                if markup == element(name, content, id=id_, **attributes)
            ),
            None,
        )
        if found is None:
            found = f"d{len(self._ids)}"
            self._ids[element(name, content, id=found, **attributes)] = found
        return f"url(#{found})"


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _stops(stops: Stops) -> str:
    return "".join(
        element("stop", offset=f"{offset:.3f}", stop_color=color) for offset, color in stops
    )


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
