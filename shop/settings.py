"""Settings of the whole shop on one machine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

from shared.runtime.settings import ServiceSettings

MOST_BARISTAS = 64
_RANGE = re.compile(r"\s*(\d{1,4})\s*(?:\.\.\s*(\d{1,4})\s*)?")


@dataclass(frozen=True, slots=True)
class BaristaRange:
    """How few and how many baristas there may be."""

    least: int
    most: int


def parse_baristas(text: object) -> object:
    """Read `N` or `MIN..MAX`, each from 0 to 64; raises ValueError that says what was expected."""
    if not isinstance(text, str):
        return text
    match = _RANGE.fullmatch(text)
    if match is None:
        raise ValueError("should be a number, as in 2, or a range, as in 1..4")
    least = int(match[1])
    most = int(match[2] or least)
    if least > most:
        raise ValueError(f"should not begin above its end, as {least}..{most} does")
    if most > MOST_BARISTAS:
        raise ValueError(f"should be {MOST_BARISTAS} at most")
    return BaristaRange(least, most)


class ShopSettings(ServiceSettings):
    """What the supervisor needs to know, besides what every service does."""

    baristas: Annotated[BaristaRange, NoDecode, BeforeValidator(parse_baristas)] = BaristaRange(
        1, 4
    )
    emulator: bool = True
    """`off` leaves SQS and SNS to AWS itself; an endpoint URL of your own does the same."""

    @property
    def embeds_emulator(self) -> bool:
        """Whether the shop brings its own SQS and SNS."""
        return self.emulator and self.aws_endpoint_url is None
