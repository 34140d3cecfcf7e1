"""The language of a page: the person's choice, or else what their browser prefers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aiohttp import hdrs, web

COOKIE = "lang"
"""The cookie of the switch. It says nothing of a person, and needs no consent."""

QUERY = "lang"
"""The parameter of the switch's links."""

_LONGEST_HEADER = 1000
_RANGE = re.compile(
    r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)(?:\s*;\s*[qQ]=([01](?:\.\d{0,3})?))?"
)
_YEAR_SECONDS = 365 * 24 * 3600


def page_language(request: web.Request, offered: Sequence[str]) -> str:
    """Choose the language of a page among those `offered`; the first one is the default."""
    for chosen in (request.query.get(QUERY), request.cookies.get(COOKIE)):
        if chosen and chosen in offered:
            return chosen
    return preferred(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""), offered)


def keep_choice(request: web.Request, response: web.StreamResponse, language: str) -> None:
    """Keep a choice by the switch for a year, and tell caches what a page depends on."""
    response.headers[hdrs.VARY] = "Accept-Language, Cookie"
    response.headers[hdrs.CONTENT_LANGUAGE] = language
    if request.query.get(QUERY) == language:
        response.set_cookie(
            COOKIE, language, max_age=_YEAR_SECONDS, path="/", httponly=True, samesite="Lax"
        )


def preferred(accept_language: str, offered: Sequence[str]) -> str:
    """Choose by a header `Accept-Language` (RFC 9110, section 12.5.4).

    Languages are looked up as in RFC 4647, section 3.4: who asks for `de-AT` is given `de`. What
    is not such a header is left out of account.
    """
    qualities = _qualities(accept_language[:_LONGEST_HEADER])
    best, most = offered[0], 0.0
    for language in offered:
        if (quality := _quality(language, qualities)) > most:
            best, most = language, quality
    return best


def _qualities(header: str) -> dict[str, float]:
    """Give each language range its quality; of two for the same language, the greater one."""
    qualities = dict[str, float]()
    for part in header.split(","):
        if found := _RANGE.fullmatch(part.strip()):
            name = found[1].lower()
            quality = min(float(found[2] or 1), 1)
            qualities[name] = max(quality, qualities.get(name, 0))
    return qualities


def _quality(language: str, qualities: dict[str, float]) -> float:
    """Return how much a language is wanted: by its name, by its regions, or by `*`."""
    if language in qualities:
        return qualities[language]
    regional = [q for name, q in qualities.items() if name.startswith(f"{language}-")]
    return max(regional) if regional else qualities.get("*", 0)
