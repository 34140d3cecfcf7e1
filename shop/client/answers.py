"""What a shop answers: JSON, or a problem that people can read."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import aiohttp

Json = Mapping[str, Any]
"""A JSON object."""


class ProblemError(Exception):
    """The shop refused: its problem (RFC 9457), as lines for people, and its `Retry-After`."""

    def __init__(self, status: int, lines: list[str], retry_after: str | None = None) -> None:
        super().__init__("; ".join(lines))
        self.status = status
        self.lines = lines
        self.retry_after = retry_after

    @property
    def is_ours(self) -> bool:
        """Whether the request is wrong, so that sending it again would not help."""
        return self.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}


async def content(response: aiohttp.ClientResponse) -> Json:
    """Read the JSON object of a successful answer; raises ProblemError for any other."""
    await require_success(response)
    answer = await _json(response)
    if not answer:
        raise ProblemError(response.status, ["The answer is not that of a coffee shop."])
    return answer


async def require_success(response: aiohttp.ClientResponse) -> None:
    """Raise ProblemError unless the answer, which may be empty, is a success."""
    if not response.ok:
        lines = _problem_lines(await _json(response))
        lines = lines or [f"The answer was {response.status} {response.reason}."]
        raise ProblemError(response.status, lines, response.headers.get("Retry-After"))


def _problem_lines(problem: Json) -> list[str]:
    if "title" not in problem:
        return []
    errors = [f"  {error['pointer']}: {error['detail']}" for error in problem.get("errors") or ()]
    return [f"{problem['title']}: {problem.get('detail', '')}".rstrip(": "), *errors]


async def _json(response: aiohttp.ClientResponse) -> Json:
    try:
        answer = await response.json(content_type=None)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
