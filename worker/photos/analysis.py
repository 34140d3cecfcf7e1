"""What a photo shows, as somebody sees it who looks at the picture itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is in a picture, and what a person should decide on before it is shown."""

    labels: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class PhotoAnalysis(Protocol):
    """Looks at photos."""

    async def analyze(self, jpeg: bytes) -> Analysis:
        """Look at a picture; raises UnavailableError when that may succeed later."""


class LocalAnalysis:
    """Sees nothing: size, colours and likeness, which need no looking, come from the renderer."""

    async def analyze(self, jpeg: bytes) -> Analysis:  # noqa: ARG002 - the port's
        """Return an empty analysis."""
        return Analysis()
