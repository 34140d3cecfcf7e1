"""What a shop answers: JSON, or a problem that people can read."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx

Json = Mapping[str, Any]
"""A JSON object."""


class ProblemError(Exception):
    """The shop refused: its problem (RFC 9457), as lines for people."""

    def __init__(self, status: int, lines: list[str]) -> None:
        super().__init__("; ".join(lines))
        self.status = status
        self.lines = lines

    @property
    def is_ours(self) -> bool:
        """Whether what was sent is at fault, so that sending it again would not help."""
        return self.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}


def content(response: httpx.Response) -> Json:
    """Read the JSON object of a successful answer; raises ProblemError for any other."""
    if not response.is_success:
        raise ProblemError(response.status_code, _problem_lines(response))
    answer = _json(response)
    if not answer:
        raise ProblemError(response.status_code, ["The answer is not that of a coffee shop."])
    return answer


def _problem_lines(response: httpx.Response) -> list[str]:
    problem = _json(response)
    if "title" not in problem:
        return [f"The answer was {response.status_code} {response.reason_phrase}."]
    faults = [f"  {fault['pointer']}: {fault['detail']}" for fault in problem.get("errors") or ()]
    return [f"{problem['title']}: {problem.get('detail', '')}".rstrip(": "), *faults]


def _json(response: httpx.Response) -> Json:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
