"""Versions of documents over HTTP: `ETag` and `If-Match` (RFC 9110, section 13.1.1)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import hdrs, web
from pydantic import BaseModel

from producer.documents.document import Read
from shared.web.body import json_response
from shared.web.operation import Parameter
from shared.web.problem import Problem, ProblemKind

CHANGED_MEANWHILE = ProblemKind(
    "changed-meanwhile", HTTPStatus.PRECONDITION_FAILED, "Somebody else has changed it meanwhile"
)
VERSION_REQUIRED = ProblemKind(
    "version-required",
    HTTPStatus.PRECONDITION_REQUIRED,
    "The version that is to be changed is required",
)

_TAG = re.compile(r'(W/)?"([0-9]{1,9})"')
"""The tags that may be ours; a weak one matches nothing (RFC 9110, section 8.8.3.2)."""

IF_MATCH = Parameter(hdrs.IF_MATCH, "header", "The `ETag` of the version that you have changed")
ETAG_HEADER: Mapping[str, str] = {hdrs.ETAG: "The version, for `If-Match`"}


def expected_versions(request: web.Request, *, required: bool = False) -> Collection[int] | None:
    """Read which versions may be changed from `If-Match`; None means any.

    Raises a Problem of kind VERSION_REQUIRED when it is left out and `required`.
    """
    if hdrs.IF_MATCH not in request.headers:
        if required:
            raise Problem(
                VERSION_REQUIRED, "send the ETag of the version that you have read as If-Match"
            )
        return None
    listed = ", ".join(request.headers.getall(hdrs.IF_MATCH))  # it may have several lines
    if listed.strip() == "*":
        return None
    return frozenset(int(tag) for weak, tag in _TAG.findall(listed) if not weak)


def versioned_response(read: Read[Any], shown: BaseModel) -> web.Response:
    """Show a document, with its version as its `ETag`."""
    return json_response(shown, headers={hdrs.ETAG: f'"{read.version}"'})
